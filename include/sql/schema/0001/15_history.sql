-- purpose: settlement as it was known at the end of a past business date.

CREATE FUNCTION settlement_day(asked date) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT max(r.business_date) FROM settlement_run AS r WHERE r.business_date <= asked
$$;
COMMENT ON FUNCTION settlement_day IS
'The newest reconciled business date up to a date: what was known then. Null where there is none.';

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
