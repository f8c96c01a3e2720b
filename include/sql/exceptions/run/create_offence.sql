-- purpose: The rows that offend now, as the rules' queries return them.
-- reads: nothing
-- writes: offence (temporary; one row per rule and offending thing)
CREATE TEMP TABLE offence (
    code text NOT NULL,
    subject text NOT NULL,
    partner_id text,
    amount_minor bigint,
    currency text,
    since timestamptz NOT NULL,
    keys text[] NOT NULL,
    evidence jsonb NOT NULL,
    fingerprint text NOT NULL
    GENERATED ALWAYS AS (code || '|' || subject || '|' || coalesce(partner_id, '')) STORED
) ON COMMIT DROP
