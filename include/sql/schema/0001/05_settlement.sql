-- purpose: what gateways report, how it was matched to payments, and the proof of the day.

CREATE TABLE gateway_account (
    gateway text NOT NULL REFERENCES partner,
    account text NOT NULL,
    window_days integer NOT NULL DEFAULT 5 CHECK (window_days >= 0),
    tolerance_minor bigint NOT NULL DEFAULT 0 CHECK (tolerance_minor >= 0),
    overdue_business_days integer NOT NULL DEFAULT 3 CHECK (overdue_business_days >= 0),
    write_off_limit_minor bigint NOT NULL DEFAULT 0 CHECK (write_off_limit_minor >= 0),
    PRIMARY KEY (gateway, account)
);
CREATE UNIQUE INDEX gateway_account_one ON gateway_account (gateway);
COMMENT ON COLUMN gateway_account.write_off_limit_minor IS
'Up to this amount one person may write off; above it a second one must approve.';

CREATE TABLE settlement_line (
    settlement_line_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_file_id bigint NOT NULL REFERENCES source_file,
    file_line integer NOT NULL,
    gateway text NOT NULL REFERENCES partner,
    account text NOT NULL,
    batch_no text,
    kind text NOT NULL,
    gateway_ref text,
    order_ref text,
    original_ref text,
    gross_minor bigint NOT NULL,
    fee_minor bigint NOT NULL,
    net_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    settlement_currency char(3) NOT NULL,
    settlement_net_minor bigint NOT NULL,
    exchange_rate numeric,
    booked_at timestamptz NOT NULL,
    payout_ref text,
    method text,
    extra jsonb NOT NULL DEFAULT '{}',
    first_reconciled_on date,
    UNIQUE (source_file_id, file_line)
) WITH (fillfactor = 50);
CREATE INDEX settlement_line_order_ref ON settlement_line (order_ref);
CREATE INDEX settlement_line_gateway_ref ON settlement_line (gateway, gateway_ref);
COMMENT ON TABLE settlement_line IS
'The canonical settlement line. Signs: gross is money to us (+) or from us (-), fee is a cost (+),
net is gross less fee; the settlement currency is what the account is paid out in.';

COMMENT ON COLUMN settlement_line.order_ref IS
'Our reference: that of the payment. Where the file repeats that of an attempt of ours
({payment_ref}-{attempt_no}), the reference of its payment stands here.';
COMMENT ON COLUMN settlement_line.first_reconciled_on IS
'The first business date whose reconciliation saw the line; null while none has. Before that date it
does not exist for the proof, on it it is new, afterwards it is opening. Every row is updated with it
once: pages are half full, and no btree index has it, so that the other indexes stay as they are.';

ALTER TABLE payment ADD COLUMN first_reconciled_on date;
ALTER TABLE payment SET (fillfactor = 50);
COMMENT ON COLUMN payment.first_reconciled_on IS 'As on settlement_line.';
CREATE INDEX payment_gateway_ref ON payment (gateway, gateway_ref);

CREATE TABLE settlement_run (
    business_date date PRIMARY KEY,
    as_of timestamptz NOT NULL
);
COMMENT ON TABLE settlement_run IS
'The business dates that are reconciled. Only the newest may be reconciled again.';

CREATE FUNCTION refuse_strangers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stranger text;
BEGIN
    EXECUTE format(
        'SELECT n.%1$I::text FROM new_rows AS n
          WHERE n.%1$I IS NOT NULL %4$s
            AND NOT EXISTS (SELECT 1 FROM %2$I AS t WHERE t.%3$I = n.%1$I) LIMIT 1',
        TG_ARGV[0], TG_ARGV[1], TG_ARGV[2],
        CASE WHEN TG_NARGS > 3 THEN format('AND n.%1$I <> n.%2$I', TG_ARGV[0], TG_ARGV[3]) END
    ) INTO stranger;
    IF stranger IS NOT NULL THEN
        RAISE EXCEPTION '% of %: there is no % %', TG_ARGV[0], TG_TABLE_NAME, TG_ARGV[1], stranger
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION refer(
    table_name regclass, of_column text, to_table text, to_key text, other_column text DEFAULT NULL
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    facts text := format('%L, %L, %L', of_column, to_table, to_key)
        || coalesce(', ' || quote_literal(other_column), '');
BEGIN
    EXECUTE format(
        'CREATE TRIGGER %1$s_is_known_insert AFTER INSERT ON %2$s
         REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
         EXECUTE FUNCTION refuse_strangers(%3$s)', of_column, table_name, facts);
    EXECUTE format(
        'CREATE TRIGGER %1$s_is_known_update AFTER UPDATE ON %2$s
         REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
         EXECUTE FUNCTION refuse_strangers(%3$s)', of_column, table_name, facts);
END
$$;
COMMENT ON FUNCTION refer IS
'A foreign key that is checked once per statement, as a set, for tables that take a row per line
each night: the usual check, row by row, takes more time than writing the rows. What is referred to
must never be deleted (refuse_change). Rows in which other_column, which refers to the same table, says
the same are left to its check.';

CREATE TRIGGER payment_stays BEFORE DELETE OR TRUNCATE ON payment
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_line_stays BEFORE DELETE OR TRUNCATE ON settlement_line
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE SEQUENCE settlement_match_no;

CREATE TABLE settlement_match (
    match_no bigint NOT NULL,
    business_date date NOT NULL,
    pass text NOT NULL,
    origin text NOT NULL DEFAULT 'run' CHECK (origin IN ('run', 'person')),
    payment_id bigint NOT NULL,
    payment_part integer NOT NULL DEFAULT 1 CHECK (payment_part > 0),
    settlement_line_id bigint NOT NULL,
    line_part integer NOT NULL DEFAULT 1 CHECK (line_part > 0),
    amount_minor bigint NOT NULL,
    variance_minor bigint NOT NULL,
    matched_at timestamptz NOT NULL,
    undone_at timestamptz,
    undone_on date CHECK (undone_on >= business_date),
    undone_by text,
    undone_why text,
    PRIMARY KEY (match_no, payment_id, settlement_line_id),
    CHECK (num_nulls(undone_at, undone_on, undone_by, undone_why) IN (0, 4))
);
CREATE UNIQUE INDEX settlement_match_payment ON settlement_match (payment_id, payment_part)
WHERE undone_at IS NULL;
CREATE UNIQUE INDEX settlement_match_line ON settlement_match (settlement_line_id, line_part)
WHERE undone_at IS NULL;
CREATE INDEX settlement_match_date ON settlement_match (business_date);
CREATE INDEX settlement_match_decided ON settlement_match (business_date)
WHERE origin = 'person' OR undone_at IS NOT NULL;
SELECT refer('settlement_match', 'payment_id', 'payment', 'payment_id');
SELECT refer('settlement_match', 'settlement_line_id', 'settlement_line', 'settlement_line_id');
COMMENT ON TABLE settlement_match IS
'One row per payment and line that are tied together; all rows of one match share match_no. Every
match counts the parts of each payment and of each line from 1, so that the two unique indexes
refuse a payment or a line in two matches. What is undone stays as history.';
COMMENT ON COLUMN settlement_match.business_date IS
'The reconciliation in whose proof the match is counted first: of a run its own date, of a person a
date after the newest one that was reconciled by then. undone_on is the same for the undoing.';

CREATE TABLE settlement_ban (
    payment_id bigint NOT NULL REFERENCES payment,
    settlement_line_id bigint NOT NULL REFERENCES settlement_line,
    banned_by text NOT NULL,
    banned_at timestamptz NOT NULL,
    PRIMARY KEY (payment_id, settlement_line_id)
);
CREATE INDEX settlement_ban_line ON settlement_ban (settlement_line_id);
COMMENT ON TABLE settlement_ban IS
'Payments and lines that a person parted: no run ties them together again. A person may.';

CREATE TABLE settlement_write_off (
    settlement_write_off_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id bigint REFERENCES payment,
    settlement_line_id bigint REFERENCES settlement_line,
    match_payments bigint[],
    match_lines bigint[],
    match_no bigint,
    match_payouts bigint[],
    match_bank_lines bigint[],
    payout_match_no bigint,
    gateway text NOT NULL REFERENCES partner,
    currency char(3) NOT NULL,
    amount_minor bigint NOT NULL,
    needs_approval boolean NOT NULL DEFAULT TRUE,
    proposed_by text NOT NULL,
    approved_by text CHECK (lower(btrim(approved_by)) <> lower(btrim(proposed_by))),
    business_date date,
    reopened_on date CHECK (reopened_on >= business_date),
    status text NOT NULL,
    status_at timestamptz NOT NULL,
    status_reason text NOT NULL,
    CHECK (num_nonnulls(payment_id, settlement_line_id, match_payments, match_payouts) = 1),
    CHECK ((match_payments IS NULL) = (match_lines IS NULL)),
    CHECK ((match_payouts IS NULL) = (match_bank_lines IS NULL)),
    CHECK ((business_date IS NULL) = (status IN ('PROPOSED', 'REJECTED'))),
    CHECK ((reopened_on IS NULL) = (status <> 'REOPENED')),
    CONSTRAINT write_off_is_approved
    CHECK (business_date IS NULL OR NOT needs_approval OR approved_by IS NOT NULL)
);
CREATE UNIQUE INDEX settlement_write_off_payment ON settlement_write_off (payment_id)
WHERE status IN ('PROPOSED', 'WRITTEN_OFF');
CREATE UNIQUE INDEX settlement_write_off_line ON settlement_write_off (settlement_line_id)
WHERE status IN ('PROPOSED', 'WRITTEN_OFF');
COMMENT ON TABLE settlement_write_off IS
'Money that a person gave up: a payment, a line, or the variance of a match that is made with it
(match_payments with match_lines, or match_payouts with match_bank_lines). business_date and
reopened_on are as on settlement_match.';

CREATE VIEW settlement_hold AS
SELECT
    m.payment_id,
    m.settlement_line_id,
    m.settlement_line_id::text AS held_by,
    'matched' AS bucket,
    m.origin = 'person' AS is_decided,
    m.business_date AS held_on,
    'infinity'::date AS freed_on
FROM settlement_match AS m
WHERE m.undone_at IS NULL
UNION ALL
SELECT
    m.payment_id,
    m.settlement_line_id,
    m.settlement_line_id::text AS held_by,
    'matched' AS bucket,
    TRUE AS is_decided,
    m.business_date AS held_on,
    m.undone_on AS freed_on
FROM settlement_match AS m
WHERE m.undone_at IS NOT NULL
UNION ALL
SELECT
    w.payment_id,
    w.settlement_line_id,
    'write-off:' || w.settlement_write_off_id AS held_by,
    'written_off' AS bucket,
    TRUE AS is_decided,
    w.business_date AS held_on,
    coalesce(w.reopened_on, 'infinity') AS freed_on
FROM settlement_write_off AS w
WHERE
    w.business_date IS NOT NULL
    AND coalesce(w.payment_id, w.settlement_line_id) IS NOT NULL;
COMMENT ON VIEW settlement_hold IS
'What keeps payments and lines from being open, on business dates from held_on to before freed_on.
The reconciliation of a date leaves alone what is not freed by then, also what is held later.';

CREATE FUNCTION write_off_needs_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    new.needs_approval := abs(new.amount_minor) > coalesce(
        (SELECT a.write_off_limit_minor FROM gateway_account AS a WHERE a.gateway = new.gateway), 0);
    RETURN new;
END
$$;
CREATE TRIGGER settlement_write_off_limit BEFORE INSERT ON settlement_write_off
FOR EACH ROW EXECUTE FUNCTION write_off_needs_approval();

CREATE FUNCTION refuse_second_settling() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    twice bigint;
BEGIN
    IF TG_TABLE_NAME = 'settlement_match' THEN
        IF EXISTS (SELECT FROM settlement_write_off WHERE status = 'WRITTEN_OFF') THEN
            SELECT least(
                (SELECT min(w.settlement_write_off_id) FROM settlement_write_off AS w
                   JOIN new_rows AS n ON n.payment_id = w.payment_id
                  WHERE w.status = 'WRITTEN_OFF'),
                (SELECT min(w.settlement_write_off_id) FROM settlement_write_off AS w
                   JOIN new_rows AS n ON n.settlement_line_id = w.settlement_line_id
                  WHERE w.status = 'WRITTEN_OFF')
            ) INTO twice;
        END IF;
        IF twice IS NULL AND EXISTS (SELECT FROM settlement_ban) THEN
            SELECT min(b.payment_id) INTO twice FROM settlement_ban AS b
              JOIN new_rows AS n
                ON n.payment_id = b.payment_id AND n.settlement_line_id = b.settlement_line_id
             WHERE n.undone_at IS NULL;
            IF twice IS NOT NULL THEN
                RAISE EXCEPTION 'payment %: a person parted it from this line', twice
                    USING ERRCODE = 'restrict_violation';
            END IF;
        END IF;
    ELSE
        SELECT least(
            (SELECT min(n.settlement_write_off_id) FROM new_rows AS n
               JOIN settlement_match AS m ON m.payment_id = n.payment_id
              WHERE n.status = 'WRITTEN_OFF' AND m.undone_at IS NULL),
            (SELECT min(n.settlement_write_off_id) FROM new_rows AS n
               JOIN settlement_match AS m ON m.settlement_line_id = n.settlement_line_id
              WHERE n.status = 'WRITTEN_OFF' AND m.undone_at IS NULL)
        ) INTO twice;
    END IF;
    IF twice IS NOT NULL THEN
        RAISE EXCEPTION 'write-off %: what is written off is not matched', twice
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER settlement_match_settled_once AFTER INSERT ON settlement_match
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION refuse_second_settling();
CREATE TRIGGER settlement_write_off_settled_once AFTER UPDATE ON settlement_write_off
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION refuse_second_settling();

CREATE TABLE settlement_finding (
    settlement_finding_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    business_date date NOT NULL,
    code text NOT NULL,
    payment_id bigint REFERENCES payment,
    settlement_line_id bigint REFERENCES settlement_line,
    amount_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    evidence jsonb NOT NULL
);
CREATE INDEX settlement_finding_date ON settlement_finding (business_date, code);
COMMENT ON TABLE settlement_finding IS
'What the passes could not match, by code, as of each business date; the latest date is the truth
of now.';

CREATE TABLE settlement_proof (
    business_date date NOT NULL,
    side text NOT NULL CHECK (side IN ('payments', 'lines')),
    gateway text NOT NULL,
    currency char(3) NOT NULL,
    opening_count bigint NOT NULL,
    opening_minor bigint NOT NULL,
    new_count bigint NOT NULL,
    new_minor bigint NOT NULL,
    reopened_count bigint NOT NULL DEFAULT 0,
    reopened_minor bigint NOT NULL DEFAULT 0,
    matched_count bigint NOT NULL,
    matched_minor bigint NOT NULL,
    linked_count bigint NOT NULL DEFAULT 0,
    linked_minor bigint NOT NULL DEFAULT 0,
    by_kind_count bigint NOT NULL DEFAULT 0,
    by_kind_minor bigint NOT NULL DEFAULT 0,
    exception_count bigint NOT NULL,
    exception_minor bigint NOT NULL,
    open_count bigint NOT NULL,
    open_minor bigint NOT NULL,
    written_off_count bigint NOT NULL DEFAULT 0,
    written_off_minor bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (business_date, side, gateway, currency),
    CONSTRAINT proof_counts_add_up CHECK (
        opening_count + new_count + reopened_count
        = matched_count + linked_count + by_kind_count + exception_count + open_count
        + written_off_count
    ),
    CONSTRAINT proof_money_adds_up CHECK (
        opening_minor + new_minor + reopened_minor
        = matched_minor + linked_minor + by_kind_minor + exception_minor + open_minor
        + written_off_minor
    )
);
COMMENT ON TABLE settlement_proof IS
'What became of everything, by business date. Opening is what the date before left open or as an
exception; reopened is what a person took back from the matched or written off of an earlier date.
Linked lines point to what they are about, lines counted by kind need no payment.';

CREATE VIEW reconciled_finding AS
SELECT
    f.business_date,
    f.code,
    f.payment_id,
    f.settlement_line_id,
    f.amount_minor,
    f.currency,
    f.evidence,
    p.payment_ref,
    p.captured_at,
    o.order_ref,
    l.booked_at,
    l.first_reconciled_on,
    l.file_line,
    s.name AS file_name,
    coalesce(l.gateway, p.gateway) AS gateway,
    l.gateway_ref AS line_gateway_ref,
    l.order_ref AS line_order_ref,
    array_remove(ARRAY[
        'partner:' || coalesce(l.gateway, p.gateway),
        'payment:' || p.payment_ref,
        'order:' || o.order_ref,
        'gateway_ref:' || coalesce(p.gateway_ref, l.gateway_ref),
        'file:' || s.name
    ], NULL) AS keys
FROM settlement_finding AS f
LEFT JOIN payment AS p
    ON p.payment_id = coalesce(f.payment_id, (f.evidence ->> 'related_payment_id')::bigint)
LEFT JOIN sales_order AS o ON o.sales_order_id = p.sales_order_id
LEFT JOIN settlement_line AS l ON l.settlement_line_id = f.settlement_line_id
LEFT JOIN source_file AS s ON s.source_file_id = l.source_file_id;
COMMENT ON VIEW reconciled_finding IS
'The findings of each reconciliation with the payment that each is about, also where that payment is
settled by another line (a duplicate), and the keys that a case of it touches.';

CREATE FUNCTION current_finding(as_of timestamptz) RETURNS SETOF reconciled_finding
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH decided AS (
        SELECT m.payment_id, m.settlement_line_id FROM settlement_match AS m
         WHERE m.origin = 'person' AND m.undone_at IS NULL
           AND m.matched_at <= current_finding.as_of
         UNION ALL
        SELECT w.payment_id, w.settlement_line_id FROM settlement_write_off AS w
         WHERE w.status = 'WRITTEN_OFF' AND w.status_at <= current_finding.as_of
    )
    SELECT f.* FROM reconciled_finding AS f
     WHERE f.business_date = (
        SELECT max(r.business_date) FROM settlement_run AS r WHERE r.as_of <= current_finding.as_of
     )
       AND NOT EXISTS (SELECT 1 FROM decided AS d WHERE d.payment_id = f.payment_id)
       AND NOT EXISTS (SELECT 1 FROM decided AS d WHERE d.settlement_line_id = f.settlement_line_id)
$$;
COMMENT ON FUNCTION current_finding IS
'The findings of the newest reconciliation that there was at an instant, without what a person has
matched or written off since.';

CREATE TABLE settlement_period (
    settlement_period_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    first_day date NOT NULL,
    last_day date NOT NULL CHECK (last_day >= first_day),
    status text NOT NULL CHECK (status IN ('OPEN', 'CLOSED', 'LOCKED')),
    status_at timestamptz NOT NULL,
    status_reason text NOT NULL,
    EXCLUDE USING gist (daterange(first_day, last_day, '[]') WITH &&)
);
CREATE TRIGGER settlement_period_stays BEFORE DELETE OR TRUNCATE ON settlement_period
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_period_days_stay
BEFORE UPDATE OF first_day, last_day ON settlement_period
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE settlement_period IS
'Business dates whose books are closed (and may be reopened) or locked for ever. Days that no period
has are open. What comes late belongs to the newest date that is reconciled, which is open.';

CREATE FUNCTION refuse_closed_days(days date[], what text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    closed record;
BEGIN
    SELECT p.first_day, p.last_day, p.status, d.day INTO closed
      FROM settlement_period AS p
      JOIN unnest(days) AS d (day) ON d.day BETWEEN p.first_day AND p.last_day
     WHERE p.status <> 'OPEN' ORDER BY d.day LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the period % to % is %: % of % stays as it is',
            closed.first_day, closed.last_day, closed.status, what, closed.day
            USING ERRCODE = 'restrict_violation';
    END IF;
END
$$;

CREATE FUNCTION refuse_closed_period() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    days date[];
BEGIN
    IF TG_OP <> 'INSERT' THEN
        days := ARRAY(SELECT DISTINCT o.business_date FROM old_rows AS o);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        days := days || ARRAY(SELECT DISTINCT n.business_date FROM new_rows AS n);
    END IF;
    PERFORM refuse_closed_days(days, TG_TABLE_NAME);
    RETURN NULL;
END
$$;

CREATE FUNCTION guard_period(table_name regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER closed_period_insert AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows
         FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_period()', table_name);
    EXECUTE format(
        'CREATE TRIGGER closed_period_update AFTER UPDATE ON %s
         REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
         FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_period()', table_name);
    EXECUTE format(
        'CREATE TRIGGER closed_period_delete AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows
         FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_period()', table_name);
END
$$;
COMMENT ON FUNCTION guard_period IS
'Has the database refuse every change of rows of a table whose business_date is closed or locked.';

SELECT guard_period('settlement_run');
SELECT guard_period('settlement_match');
SELECT guard_period('settlement_write_off');
SELECT guard_period('settlement_finding');
SELECT guard_period('settlement_proof');
