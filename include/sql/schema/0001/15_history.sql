-- purpose: settlement as it was known at the end of a past business date.

CREATE FUNCTION settlement_day(asked date) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT max(r.business_date) FROM settlement_run AS r WHERE r.business_date <= asked
$$;
COMMENT ON FUNCTION settlement_day IS
'The newest reconciled business date up to a date: what was known then. Null where there is none.';

CREATE FUNCTION settlement_open_as_of(asked date) RETURNS TABLE (
    side text, id bigint, ref text, gateway text, kind text, currency char(3), amount_minor bigint,
    first_reconciled_on date, code text
) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH day AS MATERIALIZED (SELECT settlement_day(asked) AS day),
    items AS (
        SELECT 'payment' AS side, p.payment_id AS id, p.payment_ref AS ref, p.gateway, p.kind,
               p.currency, p.amount_minor, p.first_reconciled_on
          FROM payment AS p JOIN day AS d ON p.first_reconciled_on <= d.day
         WHERE NOT EXISTS (
            SELECT 1 FROM settlement_hold AS h
             WHERE h.payment_id = p.payment_id AND h.held_on <= d.day AND h.freed_on > d.day)
        UNION ALL
        SELECT 'line', l.settlement_line_id, coalesce(l.order_ref, l.gateway_ref), l.gateway,
               l.kind, l.currency, l.gross_minor, l.first_reconciled_on
          FROM settlement_line AS l JOIN day AS d ON l.first_reconciled_on <= d.day
         WHERE (l.kind IN ('charge', 'refund')
                OR (journal_side(l.kind) IS NOT NULL AND l.gross_minor <> 0))
           AND NOT EXISTS (
            SELECT 1 FROM settlement_hold AS h
             WHERE h.settlement_line_id = l.settlement_line_id
               AND h.held_on <= d.day AND h.freed_on > d.day)
           AND NOT EXISTS (
            SELECT 1 FROM settlement_link AS k
             WHERE k.settlement_line_id = l.settlement_line_id AND k.business_date <= d.day
               AND l.kind NOT IN ('charge', 'refund'))
    )
    SELECT i.side, i.id, i.ref, i.gateway, i.kind, i.currency, i.amount_minor,
           i.first_reconciled_on,
           (SELECT string_agg(DISTINCT f.code, ' ' ORDER BY f.code) FROM settlement_finding AS f
             WHERE f.business_date = d.day
               AND (f.payment_id = i.id AND i.side = 'payment'
                    OR f.settlement_line_id = i.id AND i.side = 'line'))
      FROM items AS i CROSS JOIN day AS d
$$;
COMMENT ON FUNCTION settlement_open_as_of IS
'The payments and lines that were open at the end of a business date, with the codes of what was
then found of each (null while it simply waits). The proof of the date counts the same rows.';
CREATE INDEX settlement_finding_payment ON settlement_finding (payment_id);
CREATE INDEX settlement_finding_line ON settlement_finding (settlement_line_id);

CREATE FUNCTION settlement_match_as_of(asked date) RETURNS SETOF settlement_match
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT m.* FROM settlement_match AS m
     WHERE m.business_date <= settlement_day(asked)
       AND coalesce(m.undone_on, 'infinity') > settlement_day(asked)
$$;
COMMENT ON FUNCTION settlement_match_as_of IS
'The matches that stood at the end of a business date, also those that were undone later.';

CREATE FUNCTION backtest_line(first_day date, last_day date) RETURNS SETOF settlement_line
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT l.* FROM settlement_line AS l
     WHERE l.kind IN ('charge', 'refund') AND l.first_reconciled_on <= last_day
       AND (l.first_reconciled_on >= first_day OR NOT EXISTS (
            SELECT 1 FROM settlement_hold AS h
             WHERE h.settlement_line_id = l.settlement_line_id
               AND h.held_on < first_day AND h.freed_on > last_day))
$$;
COMMENT ON FUNCTION backtest_line IS
'The charges and refunds that were open, or became open, on some business dates.';

CREATE FUNCTION backtest_payment(first_day date, last_day date) RETURNS SETOF payment
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH wanted AS (
        SELECT p.payment_id FROM payment AS p
         WHERE p.first_reconciled_on <= last_day
           AND (p.first_reconciled_on >= first_day OR NOT EXISTS (
                SELECT 1 FROM settlement_hold AS h
                 WHERE h.payment_id = p.payment_id
                   AND h.held_on < first_day AND h.freed_on > last_day))
        UNION
        SELECT p.payment_id FROM backtest_line(first_day, last_day) AS l
          JOIN payment AS p ON p.gateway = l.gateway AND p.gateway_ref = l.gateway_ref
         WHERE p.first_reconciled_on <= last_day
        UNION
        SELECT p.payment_id FROM backtest_line(first_day, last_day) AS l
          JOIN payment AS p ON p.gateway = l.gateway AND p.payment_ref = l.order_ref
         WHERE p.first_reconciled_on <= last_day
    )
    SELECT p.* FROM payment AS p JOIN wanted AS w ON w.payment_id = p.payment_id
$$;
COMMENT ON FUNCTION backtest_payment IS
'The payments that were open, or became open, on some business dates, and those that an open line
named.';
