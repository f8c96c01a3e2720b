-- purpose: partners and their calendars, files by hash, quarantine, effects, run summaries, audit.

CREATE TABLE business_day (
    calendar_id text NOT NULL,
    day date NOT NULL,
    is_business boolean NOT NULL,
    number integer NOT NULL,
    PRIMARY KEY (calendar_id, day)
);
CREATE UNIQUE INDEX business_day_number ON business_day (calendar_id, number) WHERE is_business;
COMMENT ON COLUMN business_day.number IS
'How many business days the calendar has had up to and including this day.';

CREATE FUNCTION add_business_days(calendar text, from_day date, days integer) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT t.day FROM business_day AS f
      JOIN business_day AS t
        ON t.calendar_id = f.calendar_id AND t.is_business AND t.number = f.number + days
     WHERE f.calendar_id = calendar AND f.day = from_day
$$;
COMMENT ON FUNCTION add_business_days IS
'The business day that is so many business days after a day; days >= 1. Null outside the calendar.';

CREATE FUNCTION add_business_hours(
    calendar text, zone text, from_instant timestamptz, hours integer
) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT (t.day + w.worked - w.days * interval '1 day') AT TIME ZONE zone
      FROM business_day AS f
      CROSS JOIN LATERAL (
        SELECT i.clock + hours * interval '1 hour' AS worked,
               floor(extract(epoch FROM i.clock) / 86400 + hours / 24.0)::integer AS days
          FROM (SELECT CASE WHEN f.is_business
                            THEN (from_instant AT TIME ZONE zone)::time::interval
                            ELSE interval '0' END AS clock) AS i
      ) AS w
      JOIN business_day AS t
        ON t.calendar_id = f.calendar_id AND t.is_business
       AND t.number = f.number + w.days + CASE WHEN f.is_business THEN 0 ELSE 1 END
     WHERE f.calendar_id = calendar AND f.day = (from_instant AT TIME ZONE zone)::date
$$;
COMMENT ON FUNCTION add_business_hours IS
'The instant so many hours later when only the hours of business days count, all 24 of each.';

CREATE TABLE partner (
    partner_id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('STOREFRONT', 'VENDOR', 'CARRIER', 'GATEWAY', 'BANK')),
    name text NOT NULL,
    connection_id text,
    calendar_id text NOT NULL,
    zone text NOT NULL DEFAULT 'UTC',
    active boolean NOT NULL DEFAULT true
);
COMMENT ON COLUMN partner.connection_id IS
'The Airflow connection that reaches the partner''s files; null for a folder on this machine.';

CREATE TABLE partner_feed (
    partner_id text NOT NULL REFERENCES partner,
    doc_type text NOT NULL,
    format_id text NOT NULL,
    directory text NOT NULL,
    file_glob text NOT NULL DEFAULT '*',
    complete_by text NOT NULL DEFAULT 'trailer'
    CHECK (complete_by IN ('trailer', 'marker', 'stable')),
    consecutive boolean NOT NULL DEFAULT false,
    promised_within_hours integer CHECK (promised_within_hours > 0),
    PRIMARY KEY (partner_id, doc_type)
);
COMMENT ON COLUMN partner_feed.doc_type IS
'PURCHASE_ORDER and FUNCTIONAL_ACK go out; RECEIPT (of our purchase orders), ACKNOWLEDGEMENT,
SHIPMENT, TRACKING, SETTLEMENT, PAYOUT, BANK_STATEMENT and ORDER_SPOOL come in.';
COMMENT ON COLUMN partner_feed.complete_by IS
'How a file is known to be whole: by its own trailer or totals, by NAME.done (size and SHA-256), or
by the same size on two looks.';
COMMENT ON COLUMN partner_feed.consecutive IS
'Whether the partner promises control numbers without holes: one left out is then missed.';
COMMENT ON COLUMN partner_feed.promised_within_hours IS
'Within how many business hours the partner promises a RECEIPT; null where it promises none.';

CREATE TABLE file_sighting (
    partner_id text NOT NULL REFERENCES partner,
    doc_type text NOT NULL,
    name text NOT NULL,
    size_bytes bigint NOT NULL,
    first_seen_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, doc_type, name, size_bytes)
);

CREATE TABLE source_file (
    source_file_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    partner_id text NOT NULL REFERENCES partner,
    doc_type text NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    size_bytes bigint NOT NULL,
    remote_mtime timestamptz,
    times_again integer NOT NULL DEFAULT 0,
    unanswered text,
    control_no text,
    format_id text NOT NULL,
    received_at timestamptz NOT NULL,
    rows_read integer NOT NULL DEFAULT 0,
    rows_applied integer NOT NULL DEFAULT 0,
    rows_duplicate integer NOT NULL DEFAULT 0,
    rows_quarantined integer NOT NULL DEFAULT 0,
    facts jsonb NOT NULL DEFAULT '{}',
    problem jsonb,
    status text NOT NULL DEFAULT 'RECEIVED',
    status_at timestamptz NOT NULL,
    status_reason text,
    UNIQUE (partner_id, doc_type, name, sha256),
    CHECK (rows_read = rows_applied + rows_duplicate + rows_quarantined)
);
CREATE INDEX source_file_hash ON source_file (partner_id, doc_type, sha256);
CREATE UNIQUE INDEX source_file_control_no ON source_file (partner_id, doc_type, control_no)
WHERE status = 'LOADED';
COMMENT ON COLUMN source_file.times_again IS
'How often the partner has sent the same bytes under the same name again.';
COMMENT ON COLUMN source_file.unanswered IS
'Why no acknowledgement of the file could be made; after ''no-envelope'' none is tried again.';
COMMENT ON TABLE source_file IS
'One row per file that came or went, as it was; the archive keeps the bytes under their hash.';

CREATE TABLE feed_path (
    partner_id text NOT NULL REFERENCES partner,
    doc_type text NOT NULL,
    format_id text NOT NULL,
    path text NOT NULL,
    is_ours boolean NOT NULL,
    first_file_id bigint NOT NULL REFERENCES source_file,
    last_file_id bigint NOT NULL REFERENCES source_file,
    files bigint NOT NULL,
    PRIMARY KEY (partner_id, doc_type, format_id, path, is_ours)
);
COMMENT ON TABLE feed_path IS
'Which paths the loaded files of a feed have had that name their cells one by one (JSON, XML, EDI),
and in how many files. Of those that are ours each canonical column counts once, by its first source.';

CREATE VIEW control_number_gap AS
SELECT
    n.partner_id,
    n.doc_type,
    n.control_no - n.before_no - 1 AS missing,
    n.before_no + 1 AS first_missing,
    n.control_no - 1 AS last_missing,
    greatest(n.received_at, n.before_received_at) AS since,
    n.before_name,
    n.name AS after_name
FROM (
    SELECT
        c.*,
        lag(c.control_no) OVER w AS before_no,
        lag(c.received_at) OVER w AS before_received_at,
        lag(c.name) OVER w AS before_name
    FROM (
        SELECT
            f.partner_id,
            f.doc_type,
            cast(f.control_no AS bigint) AS control_no,
            min(f.received_at) AS received_at,
            (array_agg(f.name ORDER BY f.source_file_id))[1] AS name
        FROM source_file AS f
        WHERE f.control_no ~ '^[0-9]{1,9}$'
        GROUP BY f.partner_id, f.doc_type, cast(f.control_no AS bigint)
    ) AS c
    WINDOW w AS (PARTITION BY c.partner_id, c.doc_type ORDER BY c.control_no)
) AS n
WHERE n.control_no > n.before_no + 1;
COMMENT ON VIEW control_number_gap IS
'Numbers that a partner left out between two files that came, in whatever state: one row per gap.';

CREATE TABLE quarantine (
    quarantine_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    row_key text NOT NULL UNIQUE,
    doc_type text NOT NULL,
    partner_id text REFERENCES partner,
    source_file_id bigint REFERENCES source_file,
    line_no integer,
    entry_row_id bigint,
    raw text NOT NULL,
    field text,
    value text,
    rule text NOT NULL,
    reason text NOT NULL,
    remedy text NOT NULL,
    corrected text,
    corrected_by text,
    first_seen_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'OPEN',
    status_at timestamptz NOT NULL,
    status_reason text
);
CREATE INDEX quarantine_open ON quarantine (doc_type, partner_id) WHERE status <> 'RELEASED';
COMMENT ON COLUMN quarantine.row_key IS
'entry:<entry_row_id> or file:<source_file_id>:<line_no>: one place is in quarantine once.';
COMMENT ON COLUMN quarantine.corrected IS
'The raw line as a person corrected it; loaded by the next run.';

CREATE TABLE effect (
    effect_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    effect_key text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('SFTP_PUT', 'MAIL', 'HTTP')),
    partner_id text REFERENCES partner,
    target text NOT NULL,
    sha256 text NOT NULL,
    size_bytes bigint NOT NULL,
    facts jsonb NOT NULL DEFAULT '{}',
    attempts integer NOT NULL DEFAULT 0,
    refusals integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    lease_until timestamptz,
    fencing_token bigint NOT NULL DEFAULT 0,
    status text NOT NULL DEFAULT 'PLANNED',
    status_at timestamptz NOT NULL,
    status_reason text
);
CREATE INDEX effect_actionable ON effect (kind, next_attempt_at)
WHERE status IN ('PLANNED', 'SENT', 'UNKNOWN');
COMMENT ON TABLE effect IS
'Whatever leaves the process, planned before it leaves; the body is in the archive under its hash.';

COMMENT ON COLUMN effect.refusals IS
'How often the other side has said no; each time the next attempt is further away.';

CREATE SEQUENCE fencing_token;
COMMENT ON SEQUENCE fencing_token IS
'One number per claimer of effects. It holds a session lock on its number for as long as it lives,
so that a dead claimer''s work can be taken over before the lease is over.';

CREATE TABLE control_number (
    partner_id text NOT NULL REFERENCES partner,
    doc_type text NOT NULL,
    last_number bigint NOT NULL,
    PRIMARY KEY (partner_id, doc_type)
);

CREATE TABLE run_summary (
    flow text NOT NULL,
    task text NOT NULL,
    part text NOT NULL,
    as_of timestamptz NOT NULL,
    read bigint NOT NULL,
    applied bigint NOT NULL,
    duplicate bigint NOT NULL,
    quarantined bigint NOT NULL,
    deferred bigint NOT NULL,
    PRIMARY KEY (flow, task, part, as_of),
    CONSTRAINT run_adds_up CHECK (read = applied + duplicate + quarantined + deferred)
);
COMMENT ON TABLE run_summary IS
'What a task read for a business instant and what became of it; a task that runs again adds to it in
the transaction of its work, so that the figures tell each row once.';

CREATE TABLE audit_log (
    audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    reason text NOT NULL,
    facts jsonb NOT NULL DEFAULT '{}',
    occurred_at timestamptz NOT NULL
);
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE audit_log IS 'Decisions of people: who, what, why, when.';

CREATE TABLE quality_result (
    suite text NOT NULL,
    expectation text NOT NULL,
    as_of timestamptz NOT NULL,
    severity text NOT NULL CHECK (severity IN ('critical', 'warning', 'info')),
    guards text[] NOT NULL,
    success boolean NOT NULL,
    element_count bigint,
    unexpected_count bigint,
    observed text,
    PRIMARY KEY (suite, expectation, as_of)
);
COMMENT ON COLUMN quality_result.guards IS
'The flows that stop while this critical expectation fails.';
