-- purpose: the open payments and lines as sets of their own, kept by every change of what opens or closes
--   them, so that a reconciliation costs what is open and what is new, however much is settled.

CREATE INDEX settlement_match_undone_payment ON settlement_match (payment_id)
WHERE undone_at IS NOT NULL;
CREATE INDEX settlement_match_undone_line ON settlement_match (settlement_line_id)
WHERE undone_at IS NOT NULL;
CREATE INDEX settlement_write_off_reopened_payment ON settlement_write_off (payment_id)
WHERE status = 'REOPENED';
CREATE INDEX settlement_write_off_reopened_line ON settlement_write_off (settlement_line_id)
WHERE status = 'REOPENED';

CREATE TABLE settlement_open_payment (
    payment_id bigint PRIMARY KEY,
    payment_ref text NOT NULL,
    gateway text NOT NULL,
    gateway_ref text,
    kind text NOT NULL,
    method text NOT NULL,
    currency char(3) NOT NULL,
    amount_minor bigint NOT NULL,
    captured_at timestamptz NOT NULL,
    first_reconciled_on date,
    open_from date NOT NULL
) WITH (fillfactor = 80);
COMMENT ON TABLE settlement_open_payment IS
'The rows of the view settlement_awaited_payment, kept by triggers: what a reconciliation may match.
They have all that matching asks of a payment, so that it never reads the settled ones.';

CREATE TABLE settlement_open_line (
    settlement_line_id bigint PRIMARY KEY,
    first_reconciled_on date NOT NULL,
    open_from date NOT NULL
);
COMMENT ON TABLE settlement_open_line IS
'The rows of the view settlement_awaited_line, kept by triggers; those that a business date is the
first to see are added at the end of its reconciliation.';

CREATE TABLE settlement_file (
    source_file_id bigint NOT NULL REFERENCES source_file,
    met_on date,
    UNIQUE NULLS NOT DISTINCT (source_file_id, met_on)
);
CREATE INDEX settlement_file_met ON settlement_file (met_on);
COMMENT ON TABLE settlement_file IS
'The files of settlement lines, by the business date that was the first to see lines of them; null
while lines of them wait for one.';

CREATE VIEW settlement_awaited_payment AS
SELECT
    p.payment_id,
    p.payment_ref,
    p.gateway,
    p.gateway_ref,
    p.kind,
    p.method,
    p.currency,
    p.amount_minor,
    p.captured_at,
    p.first_reconciled_on,
    coalesce(
        greatest(
            (
                SELECT max(m.undone_on) FROM settlement_match AS m
                WHERE m.payment_id = p.payment_id AND m.undone_at IS NOT NULL
            ),
            (
                SELECT max(w.reopened_on) FROM settlement_write_off AS w
                WHERE w.payment_id = p.payment_id AND w.status = 'REOPENED'
            )
        ),
        '-infinity'
    ) AS open_from
FROM payment AS p
WHERE
    p.gateway IN (SELECT a.gateway FROM gateway_account AS a)
    AND (p.first_reconciled_on IS NOT NULL OR (p.state = 'CAPTURED' AND p.amount_minor > 0))
    AND NOT EXISTS (
        SELECT 1 FROM settlement_match AS m
        WHERE m.payment_id = p.payment_id AND m.undone_at IS NULL
    )
    AND NOT EXISTS (
        SELECT 1 FROM settlement_write_off AS w
        WHERE w.payment_id = p.payment_id AND w.status = 'WRITTEN_OFF'
    );
COMMENT ON VIEW settlement_awaited_payment IS
'Captured money through gateways that send settlement files, which nothing holds now; also what no
reconciliation has seen yet. open_from is the first business date on which nothing holds it.';

CREATE VIEW settlement_awaited_line AS
SELECT
    l.settlement_line_id,
    l.first_reconciled_on,
    coalesce(
        greatest(
            (
                SELECT max(m.undone_on) FROM settlement_match AS m
                WHERE
                    m.settlement_line_id = l.settlement_line_id AND m.undone_at IS NOT NULL
            ),
            (
                SELECT max(w.reopened_on) FROM settlement_write_off AS w
                WHERE
                    w.settlement_line_id = l.settlement_line_id AND w.status = 'REOPENED'
            )
        ),
        '-infinity'
    ) AS open_from
FROM settlement_line AS l
WHERE
    l.first_reconciled_on IS NOT NULL
    AND (
        l.kind IN ('charge', 'refund')
        OR (
            l.kind IN (
                'chargeback', 'chargeback_reversal', 'refund_reversal', 'reserve', 'adjustment'
            )
            AND l.gross_minor <> 0
            AND NOT EXISTS (
                SELECT 1 FROM settlement_link AS k
                WHERE k.settlement_line_id = l.settlement_line_id
            )
        )
    )
    AND NOT EXISTS (
        SELECT 1 FROM settlement_match AS m
        WHERE m.settlement_line_id = l.settlement_line_id AND m.undone_at IS NULL
    )
    AND NOT EXISTS (
        SELECT 1 FROM settlement_write_off AS w
        WHERE w.settlement_line_id = l.settlement_line_id AND w.status = 'WRITTEN_OFF'
    );
COMMENT ON VIEW settlement_awaited_line IS
'The lines that a reconciliation has seen, that ask for a payment or for another line, and that
nothing holds now. open_from is as in settlement_awaited_payment.';

CREATE FUNCTION settlement_open_as_of(asked date) RETURNS TABLE (
    side text, id bigint, ref text, gateway text, kind text, currency char(3), amount_minor bigint,
    first_reconciled_on date, code text
) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT i.side, i.id, i.ref, i.gateway, i.kind, i.currency, i.amount_minor,
           i.first_reconciled_on,
           (SELECT string_agg(DISTINCT f.code, ' ' ORDER BY f.code) FROM settlement_finding AS f
             WHERE f.business_date = (SELECT settlement_day(asked))
               AND (f.payment_id = i.id AND i.side = 'payment'
                    OR f.settlement_line_id = i.id AND i.side = 'line'))
      FROM (
        SELECT 'payment' AS side, o.payment_id AS id, o.payment_ref AS ref, o.gateway, o.kind,
               o.currency, o.amount_minor, o.first_reconciled_on
          FROM settlement_open_payment AS o
         WHERE o.first_reconciled_on <= (SELECT settlement_day(asked))
           AND (o.open_from <= (SELECT settlement_day(asked)) OR NOT EXISTS (
            SELECT 1 FROM settlement_hold AS h
             WHERE h.payment_id = o.payment_id AND h.held_on <= (SELECT settlement_day(asked))
               AND h.freed_on > (SELECT settlement_day(asked))))
        UNION ALL
        SELECT 'payment', p.payment_id, p.payment_ref, p.gateway, p.kind, p.currency,
               p.amount_minor, p.first_reconciled_on
          FROM payment AS p
         WHERE p.payment_id IN (
            SELECT m.payment_id FROM settlement_match AS m
             WHERE m.business_date > (SELECT settlement_day(asked))
             UNION
            SELECT w.payment_id FROM settlement_write_off AS w
             WHERE w.business_date > (SELECT settlement_day(asked)))
           AND p.first_reconciled_on <= (SELECT settlement_day(asked))
           AND NOT EXISTS (
            SELECT 1 FROM settlement_open_payment AS o WHERE o.payment_id = p.payment_id)
           AND NOT EXISTS (
            SELECT 1 FROM settlement_hold AS h
             WHERE h.payment_id = p.payment_id AND h.held_on <= (SELECT settlement_day(asked))
               AND h.freed_on > (SELECT settlement_day(asked)))
        UNION ALL
        SELECT 'line', l.settlement_line_id, coalesce(l.order_ref, l.gateway_ref), l.gateway,
               l.kind, l.currency, l.gross_minor, l.first_reconciled_on
          FROM settlement_open_line AS o
          JOIN settlement_line AS l ON l.settlement_line_id = o.settlement_line_id
         WHERE o.first_reconciled_on <= (SELECT settlement_day(asked))
           AND (o.open_from <= (SELECT settlement_day(asked)) OR NOT EXISTS (
            SELECT 1 FROM settlement_hold AS h
             WHERE h.settlement_line_id = o.settlement_line_id
               AND h.held_on <= (SELECT settlement_day(asked))
               AND h.freed_on > (SELECT settlement_day(asked))))
        UNION ALL
        SELECT 'line', l.settlement_line_id, coalesce(l.order_ref, l.gateway_ref), l.gateway,
               l.kind, l.currency, l.gross_minor, l.first_reconciled_on
          FROM settlement_line AS l
         WHERE l.settlement_line_id IN (
            SELECT m.settlement_line_id FROM settlement_match AS m
             WHERE m.business_date > (SELECT settlement_day(asked))
             UNION
            SELECT w.settlement_line_id FROM settlement_write_off AS w
             WHERE w.business_date > (SELECT settlement_day(asked))
             UNION
            SELECT k.settlement_line_id FROM settlement_link AS k
             WHERE k.business_date > (SELECT settlement_day(asked)))
           AND l.first_reconciled_on <= (SELECT settlement_day(asked))
           AND NOT EXISTS (
            SELECT 1 FROM settlement_open_line AS o
             WHERE o.settlement_line_id = l.settlement_line_id)
           AND NOT EXISTS (
            SELECT 1 FROM settlement_hold AS h
             WHERE h.settlement_line_id = l.settlement_line_id
               AND h.held_on <= (SELECT settlement_day(asked))
               AND h.freed_on > (SELECT settlement_day(asked)))
           AND (l.kind IN ('charge', 'refund') OR NOT EXISTS (
            SELECT 1 FROM settlement_link AS k
             WHERE k.settlement_line_id = l.settlement_line_id
               AND k.business_date <= (SELECT settlement_day(asked))))
      ) AS i
$$;
COMMENT ON FUNCTION settlement_open_as_of IS
'The payments and lines that were open at the end of a business date, with the codes of what was
then found of each (null while it simply waits). The proof of the date counts the same rows. They are
what is open now and what was settled since, so that the newest date reads no settled row.';

CREATE FUNCTION await_payments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO settlement_open_payment
    SELECT a.* FROM settlement_awaited_payment AS a
     WHERE a.payment_id IN (SELECT n.payment_id FROM new_rows AS n);
    RETURN NULL;
END
$$;
CREATE TRIGGER payment_is_awaited AFTER INSERT ON payment REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION await_payments();

CREATE FUNCTION await_payment_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM settlement_open_payment WHERE payment_id = new.payment_id;
    INSERT INTO settlement_open_payment
    SELECT a.* FROM settlement_awaited_payment AS a WHERE a.payment_id = new.payment_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER payment_is_awaited_again
AFTER UPDATE OF
payment_ref, gateway, gateway_ref, kind, method, currency, amount_minor, captured_at, state
ON payment
FOR EACH ROW EXECUTE FUNCTION await_payment_again();

CREATE FUNCTION await_payments_of_gateway() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO settlement_open_payment
    SELECT a.* FROM settlement_awaited_payment AS a WHERE a.gateway = new.gateway;
    RETURN NULL;
END
$$;
CREATE TRIGGER gateway_is_awaited AFTER INSERT ON gateway_account
FOR EACH ROW EXECUTE FUNCTION await_payments_of_gateway();

CREATE FUNCTION await_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO settlement_file (source_file_id)
    SELECT DISTINCT n.source_file_id FROM new_rows AS n
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER settlement_line_waits AFTER INSERT ON settlement_line
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION await_files();

CREATE FUNCTION close_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM settlement_open_payment
     WHERE payment_id IN (SELECT c.payment_id FROM changed AS c);
    DELETE FROM settlement_open_line
     WHERE settlement_line_id IN (SELECT c.settlement_line_id FROM changed AS c);
    RETURN NULL;
END
$$;
CREATE TRIGGER settlement_match_closes AFTER INSERT ON settlement_match
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION close_items();

CREATE FUNCTION look_at_items_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM settlement_open_payment
     WHERE payment_id IN (SELECT c.payment_id FROM changed AS c);
    INSERT INTO settlement_open_payment
    SELECT a.* FROM settlement_awaited_payment AS a
     WHERE a.payment_id IN (SELECT c.payment_id FROM changed AS c);
    DELETE FROM settlement_open_line
     WHERE settlement_line_id IN (SELECT c.settlement_line_id FROM changed AS c);
    INSERT INTO settlement_open_line
    SELECT a.* FROM settlement_awaited_line AS a
     WHERE a.settlement_line_id IN (SELECT c.settlement_line_id FROM changed AS c);
    RETURN NULL;
END
$$;
CREATE TRIGGER settlement_match_opens AFTER DELETE ON settlement_match
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION look_at_items_again();
CREATE TRIGGER settlement_match_is_undone AFTER UPDATE ON settlement_match
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION look_at_items_again();
CREATE TRIGGER settlement_write_off_changes AFTER UPDATE ON settlement_write_off
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION look_at_items_again();
CREATE TRIGGER settlement_link_closes AFTER INSERT ON settlement_link
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION look_at_items_again();
CREATE TRIGGER settlement_link_opens AFTER DELETE ON settlement_link
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION look_at_items_again();

-- Also where rows are written as they are, past the guards, such as by replication.
ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_is_awaited;
ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_is_awaited_again;
ALTER TABLE gateway_account ENABLE ALWAYS TRIGGER gateway_is_awaited;
ALTER TABLE settlement_line ENABLE ALWAYS TRIGGER settlement_line_waits;
ALTER TABLE settlement_match ENABLE ALWAYS TRIGGER settlement_match_closes;
ALTER TABLE settlement_match ENABLE ALWAYS TRIGGER settlement_match_opens;
ALTER TABLE settlement_match ENABLE ALWAYS TRIGGER settlement_match_is_undone;
ALTER TABLE settlement_write_off ENABLE ALWAYS TRIGGER settlement_write_off_changes;
ALTER TABLE settlement_link ENABLE ALWAYS TRIGGER settlement_link_closes;
ALTER TABLE settlement_link ENABLE ALWAYS TRIGGER settlement_link_opens;
