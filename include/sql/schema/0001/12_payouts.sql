-- purpose: what gateways pay out, what our bank says of it, how the two were matched, and the proof.

ALTER TABLE gateway_account
ADD COLUMN payer_patterns text[] NOT NULL DEFAULT '{}',
ADD COLUMN payout_business_days integer NOT NULL DEFAULT 2 CHECK (payout_business_days >= 0),
ADD COLUMN payout_window_days integer NOT NULL DEFAULT 7 CHECK (payout_window_days >= 0),
ADD COLUMN consecutive_batches boolean NOT NULL DEFAULT FALSE;
COMMENT ON COLUMN gateway_account.payer_patterns IS
'Words by which our bank shows the gateway as payer; a bank line with one of them in its text
looks like the gateway''s. Capitals, blanks and signs do not count.';
COMMENT ON COLUMN gateway_account.payout_business_days IS
'How many business days of the bank a payout may take after the day for which it is announced.';
COMMENT ON COLUMN gateway_account.payout_window_days IS
'How far apart, in days, a payout and a bank line may lie that only payer and amount tie together.';
COMMENT ON COLUMN gateway_account.consecutive_batches IS
'Whether the gateway promises batch numbers without holes: one left out is then missed.';

CREATE TABLE payout_route (
    gateway text NOT NULL REFERENCES partner,
    currency char(3) NOT NULL,
    bank text NOT NULL REFERENCES partner,
    PRIMARY KEY (gateway, currency)
);
COMMENT ON TABLE payout_route IS
'To which bank a gateway pays a currency: only its lines are looked at then, and its calendar says
when a payout is late. Without a route any bank may have the money.';

CREATE TABLE payout_report (
    payout_report_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_file_id bigint NOT NULL REFERENCES source_file,
    file_line integer NOT NULL,
    gateway text NOT NULL REFERENCES partner,
    payout_ref text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('payout', 'payout_reversal')),
    gateway_status text,
    currency char(3) NOT NULL,
    amount_minor bigint NOT NULL,
    fee_minor bigint,
    initiated_at timestamptz,
    arrives_on date,
    bank_ref text,
    destination text,
    description text,
    extra jsonb NOT NULL DEFAULT '{}',
    UNIQUE (source_file_id, file_line)
);
CREATE INDEX payout_report_ref ON payout_report (gateway, payout_ref);
COMMENT ON TABLE payout_report IS
'What gateways'' payout files say of payouts, row by row; the same payout may come again with
news.';

CREATE TABLE payout (
    payout_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway text NOT NULL REFERENCES partner,
    payout_ref text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('payout', 'payout_reversal')),
    account text NOT NULL,
    batch_no text,
    currency char(3) NOT NULL,
    amount_minor bigint NOT NULL,
    gateway_status text,
    initiated_at timestamptz,
    arrives_on date,
    expected_on date NOT NULL,
    bank_ref text,
    source_file_id bigint NOT NULL REFERENCES source_file,
    file_line integer NOT NULL,
    is_reported boolean NOT NULL,
    first_reconciled_on date NOT NULL,
    sum_ties_on date,
    returned_on date,
    UNIQUE (gateway, payout_ref, kind)
);
CREATE INDEX payout_not_summed ON payout (gateway) WHERE sum_ties_on IS NULL;
CREATE INDEX payout_batch ON payout (gateway, batch_no);
COMMENT ON TABLE payout IS
'The one truth of each payout, from payout files (payout_report) and from payout lines of
settlement files. Signs: positive reaches our bank, negative (a reversal, a debt) leaves it.';
COMMENT ON COLUMN payout.expected_on IS
'The day for which the gateway announces it, else its start.';
COMMENT ON COLUMN payout.is_reported IS
'Whether a payout file named it; then amount and status are the file''s.';
COMMENT ON COLUMN payout.sum_ties_on IS
'The business date on which its lines first came to its amount; null while they do not.';
COMMENT ON COLUMN payout.returned_on IS
'The business date on which payout and reversal cancelled each other out, with nothing at the
bank.';

CREATE TABLE payout_change (
    payout_id bigint NOT NULL REFERENCES payout,
    business_date date NOT NULL,
    change_minor bigint NOT NULL,
    PRIMARY KEY (payout_id, business_date)
);
COMMENT ON TABLE payout_change IS
'By how much a business date changed the amount that an earlier date had counted a payout with: what
was proven and booked for that date stays, and the change is counted and booked when it is known.';

CREATE INDEX settlement_line_payout ON settlement_line (gateway, payout_ref);
CREATE INDEX settlement_line_batch ON settlement_line (gateway, batch_no);

CREATE TABLE settlement_batch (
    gateway text NOT NULL REFERENCES partner,
    account text NOT NULL,
    batch_no bigint NOT NULL,
    source_file_id bigint NOT NULL REFERENCES source_file,
    PRIMARY KEY (gateway, account, batch_no)
);
COMMENT ON TABLE settlement_batch IS
'The numbered batches of gateways that promise numbers without holes, with the file that came
first.';

CREATE FUNCTION match_text(words text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
nullif(regexp_replace(upper(words), '[^[:alnum:]]', '', 'g'), '');
COMMENT ON FUNCTION match_text IS
'Text as references are looked for in it: capitals and digits only, since banks break lines
anywhere.';

CREATE TABLE bank_statement (
    bank_statement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_file_id bigint NOT NULL REFERENCES source_file,
    bank text NOT NULL REFERENCES partner,
    account text NOT NULL,
    currency char(3) NOT NULL,
    statement_no text,
    opening_minor bigint,
    closing_minor bigint,
    movement_minor bigint NOT NULL,
    lines integer NOT NULL,
    known_lines integer NOT NULL,
    first_on date,
    last_on date,
    stated_opening_minor bigint,
    UNIQUE NULLS NOT DISTINCT (
        source_file_id, account, currency, statement_no, stated_opening_minor
    )
);
COMMENT ON TABLE bank_statement IS
'Each statement of each account as its file has it; movement is the sum of its booked lines.';
COMMENT ON COLUMN bank_statement.stated_opening_minor IS
'The opening balance where the file states it; some banks number all statements 0.';
COMMENT ON COLUMN bank_statement.known_lines IS
'Lines that an earlier file had too: the statement overlaps with it.';

CREATE TABLE bank_line (
    bank_line_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_file_id bigint NOT NULL REFERENCES source_file,
    file_line integer NOT NULL,
    bank text NOT NULL REFERENCES partner,
    account text NOT NULL,
    currency char(3) NOT NULL,
    amount_minor bigint NOT NULL,
    booked_on date NOT NULL,
    value_on date,
    statement_no text,
    bank_ref text,
    end_to_end_ref text,
    counterparty text,
    counterparty_account text,
    reference_text text,
    transaction_code text,
    line_key text NOT NULL,
    search_text text GENERATED ALWAYS AS (
        match_text(
            coalesce(reference_text, '') || '|' || coalesce(end_to_end_ref, '') || '|'
            || coalesce(bank_ref, '') || '|' || coalesce(counterparty, '')
        )
    ) STORED,
    extra jsonb NOT NULL DEFAULT '{}',
    first_reconciled_on date,
    not_ours_on date,
    UNIQUE (source_file_id, file_line),
    UNIQUE (bank, account, currency, line_key)
);
CREATE INDEX bank_line_not_ours ON bank_line (currency, booked_on) WHERE not_ours_on IS NOT NULL;
CREATE INDEX bank_line_open ON bank_line (first_reconciled_on) WHERE not_ours_on IS NULL;
COMMENT ON TABLE bank_line IS
'Booked lines of our bank accounts, each once. Signs: positive is money to us.';
COMMENT ON COLUMN bank_line.line_key IS
'What tells the line from all others of the account, whatever file it comes in again.';
COMMENT ON COLUMN bank_line.not_ours_on IS
'The business date that found nothing of a gateway in it; taken back if a payout names it later.';

CREATE TABLE bank_line_before (
    bank_line_id bigint NOT NULL REFERENCES bank_line,
    first_reconciled_on date NOT NULL,
    not_ours_on date NOT NULL CHECK (not_ours_on >= first_reconciled_on),
    PRIMARY KEY (bank_line_id, first_reconciled_on)
);
COMMENT ON TABLE bank_line_before IS
'What bank_line said of a line that was set aside, before the line was taken back and counted as
new: the past stays as it was.';

CREATE VIEW bank_line_spell AS
SELECT
    b.bank_line_id,
    b.first_reconciled_on AS counted_on,
    coalesce(b.not_ours_on, 'infinity') AS set_aside_on
FROM bank_line AS b
WHERE b.first_reconciled_on IS NOT NULL
UNION ALL
SELECT
    b.bank_line_id,
    b.first_reconciled_on AS counted_on,
    b.not_ours_on AS set_aside_on
FROM bank_line_before AS b;
COMMENT ON VIEW bank_line_spell IS
'From which business date to before which one a bank line counts as a gateway''s; a line that was
taken back has several such spells, one that was set aside at once an empty one.';

CREATE TABLE payout_run (
    business_date date PRIMARY KEY,
    as_of timestamptz NOT NULL
);
COMMENT ON TABLE payout_run IS
'The business dates whose payouts are reconciled. Only the newest may be reconciled again.';

CREATE TABLE payout_match (
    payout_match_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    business_date date NOT NULL,
    pass text NOT NULL,
    match_no bigint NOT NULL,
    payout_id bigint NOT NULL REFERENCES payout,
    bank_line_id bigint NOT NULL REFERENCES bank_line,
    payout_part integer NOT NULL CHECK (payout_part > 0),
    line_part integer NOT NULL CHECK (line_part > 0),
    amount_minor bigint NOT NULL,
    variance_minor bigint NOT NULL DEFAULT 0,
    matched_at timestamptz NOT NULL,
    origin text NOT NULL DEFAULT 'run' CHECK (origin IN ('run', 'person')),
    undone_at timestamptz,
    undone_on date CHECK (undone_on >= business_date),
    undone_by text,
    undone_why text,
    CHECK (num_nulls(undone_at, undone_on, undone_by, undone_why) IN (0, 4))
);
CREATE UNIQUE INDEX payout_match_payout ON payout_match (payout_id, payout_part)
WHERE undone_at IS NULL;
CREATE UNIQUE INDEX payout_match_line ON payout_match (bank_line_id, line_part)
WHERE undone_at IS NULL;
CREATE INDEX payout_match_date ON payout_match (business_date);
CREATE INDEX payout_match_undone ON payout_match (undone_on) WHERE undone_on IS NOT NULL;
COMMENT ON TABLE payout_match IS
'One row per payout and bank line that belong together. The rows of a match share match_no (its
lowest bank line); parts count from 1 within it, so that nothing can be in two matches. What is
undone stays as history. business_date and undone_on are as on settlement_match; variance is what
the bank line is worth beyond its part of the payout.';

CREATE TABLE payout_ban (
    payout_id bigint NOT NULL REFERENCES payout,
    bank_line_id bigint NOT NULL REFERENCES bank_line,
    banned_by text NOT NULL,
    banned_at timestamptz NOT NULL,
    PRIMARY KEY (payout_id, bank_line_id)
);
CREATE INDEX payout_ban_line ON payout_ban (bank_line_id);
COMMENT ON TABLE payout_ban IS
'Payouts and bank lines that a person parted: no run ties them together again. A person may.';

CREATE VIEW payout_hold AS
SELECT
    m.payout_id,
    m.bank_line_id,
    m.origin = 'person' OR m.undone_at IS NOT NULL AS is_decided,
    m.business_date AS held_on,
    coalesce(m.undone_on, 'infinity') AS freed_on
FROM payout_match AS m;
COMMENT ON VIEW payout_hold IS
'What keeps payouts and bank lines from being open, as settlement_hold for payments and lines.';

CREATE FUNCTION refuse_parted_payout() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    parted bigint;
BEGIN
    SELECT min(b.payout_id) INTO parted FROM payout_ban AS b
      JOIN new_rows AS n ON n.payout_id = b.payout_id AND n.bank_line_id = b.bank_line_id
     WHERE n.undone_at IS NULL;
    IF parted IS NOT NULL THEN
        RAISE EXCEPTION 'payout %: a person parted it from this bank line', parted
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER payout_match_not_parted AFTER INSERT ON payout_match
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION refuse_parted_payout();

CREATE TABLE payout_finding (
    payout_finding_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    business_date date NOT NULL,
    code text NOT NULL,
    payout_id bigint REFERENCES payout,
    bank_line_id bigint REFERENCES bank_line,
    currency char(3) NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    expected_minor bigint,
    found_minor bigint,
    reason text NOT NULL
);
CREATE INDEX payout_finding_date ON payout_finding (business_date, code);
COMMENT ON TABLE payout_finding IS
'What does not agree, as of each business date: one row per payout, bank line, or pair of them
that may belong together. amount_minor is the money at risk.';

CREATE TABLE payout_proof (
    business_date date NOT NULL,
    side text NOT NULL CHECK (side IN ('payouts', 'bank_lines')),
    partner_id text NOT NULL REFERENCES partner,
    account text NOT NULL,
    currency char(3) NOT NULL,
    opening_count bigint NOT NULL,
    opening_minor bigint NOT NULL,
    new_count bigint NOT NULL,
    new_minor bigint NOT NULL,
    reopened_count bigint NOT NULL DEFAULT 0,
    reopened_minor bigint NOT NULL DEFAULT 0,
    changed_count bigint NOT NULL DEFAULT 0,
    changed_minor bigint NOT NULL DEFAULT 0,
    matched_count bigint NOT NULL,
    matched_minor bigint NOT NULL,
    open_count bigint NOT NULL,
    open_minor bigint NOT NULL,
    exception_count bigint NOT NULL,
    exception_minor bigint NOT NULL,
    returned_count bigint NOT NULL,
    returned_minor bigint NOT NULL,
    not_ours_count bigint NOT NULL,
    not_ours_minor bigint NOT NULL,
    PRIMARY KEY (business_date, side, partner_id, account, currency),
    CONSTRAINT payout_proof_counts_add_up CHECK (
        opening_count + new_count + reopened_count + changed_count
        = matched_count + open_count + exception_count + returned_count + not_ours_count
    ),
    CONSTRAINT payout_proof_money_adds_up CHECK (
        opening_minor + new_minor + reopened_minor + changed_minor
        = matched_minor + open_minor + exception_minor + returned_minor + not_ours_minor
    )
);
COMMENT ON TABLE payout_proof IS
'What became of payouts and bank lines, by business date. Opening is what the date before left open
or as an exception, with the amounts of that date; changed is what new amounts of such payouts add
to it (a count where an amount becomes zero, or is no longer).';

CREATE VIEW reconciled_payout_finding AS
SELECT
    f.business_date,
    f.code,
    f.payout_id,
    f.bank_line_id,
    f.amount_minor,
    f.currency,
    f.expected_minor,
    f.found_minor,
    f.reason,
    p.payout_ref,
    p.gateway,
    p.kind,
    b.bank,
    b.account AS bank_account,
    coalesce(p.initiated_at, p.expected_on::timestamp AT TIME ZONE 'UTC') AS paid_out_at,
    b.booked_on::timestamp AT TIME ZONE 'UTC' AS booked_at,
    b.account || ':' || coalesce(b.bank_ref, s.name || ':' || b.file_line) AS line_subject,
    array_remove(ARRAY[
        'partner:' || coalesce(p.gateway, b.bank),
        'payout:' || p.payout_ref,
        'feed:' || p.gateway || '/SETTLEMENT',
        'feed:' || p.gateway || '/PAYOUT',
        'feed:' || coalesce(b.bank, r.bank) || '/BANK_STATEMENT',
        'bank_line:' || b.account || ':' || coalesce(b.bank_ref, s.name || ':' || b.file_line)
    ], NULL) AS keys,
    jsonb_strip_nulls(jsonb_build_object(
        'reason', f.reason, 'expected_minor', f.expected_minor, 'found_minor', f.found_minor,
        'payout_id', p.payout_id, 'payout', p.payout_ref, 'gateway_status', p.gateway_status,
        'expected_on', p.expected_on, 'payout_file', t.name, 'payout_line', p.file_line,
        'bank_line_id', b.bank_line_id, 'bank', b.bank, 'bank_account', b.account,
        'booked_on', b.booked_on, 'bank_ref', b.bank_ref, 'reference_text', b.reference_text,
        'counterparty', b.counterparty, 'bank_file', s.name, 'bank_file_line', b.file_line
    )) AS evidence
FROM payout_finding AS f
LEFT JOIN payout AS p ON p.payout_id = f.payout_id
LEFT JOIN source_file AS t ON t.source_file_id = p.source_file_id
LEFT JOIN payout_route AS r ON r.gateway = p.gateway AND r.currency = p.currency
LEFT JOIN bank_line AS b ON b.bank_line_id = f.bank_line_id
LEFT JOIN source_file AS s ON s.source_file_id = b.source_file_id;
COMMENT ON VIEW reconciled_payout_finding IS
'The findings of each reconciliation of payouts with payout and bank line, and the keys of their
cases.';

CREATE FUNCTION current_payout_finding(as_of timestamptz) RETURNS SETOF reconciled_payout_finding
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT f.* FROM reconciled_payout_finding AS f
     WHERE f.business_date = (
        SELECT max(r.business_date) FROM payout_run AS r
         WHERE r.as_of <= current_payout_finding.as_of
     )
       AND (f.code = 'PAYOUT_SUM_DIFFERS' OR NOT EXISTS (
        SELECT 1 FROM payout_match AS m
         WHERE m.origin = 'person' AND m.undone_at IS NULL
           AND m.matched_at <= current_payout_finding.as_of
           AND (m.payout_id = f.payout_id OR m.bank_line_id = f.bank_line_id)
     ))
$$;
COMMENT ON FUNCTION current_payout_finding IS
'The findings of the newest reconciliation of payouts that there was at an instant, without what a
person has matched since; that the lines of a payout do not add up stays.';

CREATE FUNCTION bank_statement_break(as_of timestamptz) RETURNS TABLE (
    bank_statement_id bigint, reason text, difference_minor bigint, before_id bigint
) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH statements AS (
        SELECT s.*, f.received_at, coalesce(e.consecutive, false) AS consecutive,
               coalesce(s.last_on, f.received_at::date - 1) AS day,
               substring(s.statement_no FROM '^([0-9]{1,9})(?:/[0-9]+)?$')::bigint AS number
          FROM bank_statement AS s
          JOIN source_file AS f ON f.source_file_id = s.source_file_id
          LEFT JOIN partner_feed AS e
            ON e.partner_id = s.bank AND e.doc_type = 'BANK_STATEMENT'
         WHERE f.received_at <= as_of
    ), chained AS (
        SELECT s.*,
               lag(s.bank_statement_id) OVER w AS previous_id,
               lag(s.closing_minor) OVER w AS previous_closing,
               lag(s.number) OVER w AS previous_number
          FROM statements AS s
        WINDOW w AS (
            PARTITION BY s.bank, s.account, s.currency ORDER BY s.day, s.number, s.bank_statement_id
        )
    )
    SELECT c.bank_statement_id, 'movements', c.closing_minor - c.opening_minor - c.movement_minor,
           c.previous_id
      FROM chained AS c WHERE c.opening_minor + c.movement_minor <> c.closing_minor
    UNION ALL
    SELECT c.bank_statement_id, 'opening', c.opening_minor - c.previous_closing, c.previous_id
      FROM chained AS c
     WHERE c.opening_minor <> c.previous_closing AND c.known_lines = 0
       AND NOT EXISTS (
        SELECT 1 FROM statements AS o
         WHERE o.bank = c.bank AND o.account = c.account AND o.currency = c.currency
           AND o.closing_minor = c.opening_minor AND o.bank_statement_id <> c.bank_statement_id
           AND o.day BETWEEN c.day - 31 AND c.day + 31
       )
    UNION ALL
    SELECT c.bank_statement_id, 'number', 0, c.previous_id
      FROM chained AS c
     WHERE c.consecutive AND c.number > c.previous_number + 1
       AND c.opening_minor IS NOT DISTINCT FROM c.previous_closing
$$;
COMMENT ON FUNCTION bank_statement_break IS
'Statements that begin where none ended (opening), whose lines do not lead from opening to closing
balance (movements), or whose number leaves one out (number): one row each.';

SELECT guard_period('payout_run');
SELECT guard_period('payout_match');
SELECT guard_period('payout_change');
SELECT guard_period('payout_finding');
SELECT guard_period('payout_proof');
