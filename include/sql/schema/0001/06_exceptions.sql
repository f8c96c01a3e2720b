-- purpose: exception cases: what does not agree, who is at it, and how it ended.

CREATE TABLE exception_case (
    exception_case_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL,
    subject text NOT NULL,
    partner_id text,
    fingerprint text NOT NULL,
    keys text[] NOT NULL,
    severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    amount_minor bigint,
    currency char(3),
    evidence jsonb NOT NULL,
    since timestamptz NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    grace_until timestamptz NOT NULL,
    opened_at timestamptz,
    closed_at timestamptz,
    snoozed_until timestamptz,
    parent_case_id bigint REFERENCES exception_case,
    status text NOT NULL DEFAULT 'PENDING',
    status_at timestamptz NOT NULL,
    status_reason text
);
CREATE UNIQUE INDEX exception_case_live ON exception_case (fingerprint) WHERE closed_at IS NULL;
CREATE INDEX exception_case_keys ON exception_case USING gin (keys) WHERE closed_at IS NULL;
CREATE INDEX exception_case_fingerprint ON exception_case (fingerprint);
CREATE INDEX exception_case_parent ON exception_case (parent_case_id);
COMMENT ON COLUMN exception_case.fingerprint IS 'code|subject|partner: one open case each.';
COMMENT ON COLUMN exception_case.keys IS
'What the case touches, as kind:value (order:, payment:, gateway_ref:, partner:, doc:,
feed:, file:, vendor_order:, parcel:); inhibition joins on these.';

CREATE FUNCTION severity_rank(severity text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_position(ARRAY['low', 'medium', 'high', 'critical'], severity)
$$;

CREATE TABLE severity_tier (
    currency char(3) NOT NULL,
    severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    from_minor bigint NOT NULL CHECK (from_minor >= 0),
    PRIMARY KEY (currency, severity)
);
COMMENT ON TABLE severity_tier IS
'From which amount at risk a case is at least so severe. Below the amount of `low` a case is too
small for its age to matter. A currency without rows has no tiers.';
-- A factor is about the minor units that one euro is worth, so that tiers mean the same everywhere.
INSERT INTO severity_tier (currency, severity, from_minor)
SELECT
    c.currency,
    t.severity,
    t.amount * c.factor AS from_minor
FROM
    unnest(
        ARRAY['AUD', 'BRL', 'CAD', 'CHF', 'EUR', 'GBP', 'USD', 'CNY', 'INR', 'JPY', 'KRW'],
        ARRAY[100, 500, 100, 100, 100, 100, 100, 700, 8000, 150, 1400]
    ) AS c (currency, factor),
    unnest(
        ARRAY['low', 'medium', 'high', 'critical'], ARRAY[10, 500, 5000, 50000]
    ) AS t (severity, amount);
