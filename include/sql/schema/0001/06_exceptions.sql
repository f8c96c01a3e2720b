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
    parent_case_id bigint REFERENCES exception_case,
    status text NOT NULL DEFAULT 'PENDING',
    status_at timestamptz NOT NULL,
    status_reason text
);
CREATE UNIQUE INDEX exception_case_live ON exception_case (fingerprint) WHERE closed_at IS NULL;
CREATE INDEX exception_case_keys ON exception_case USING gin (keys) WHERE closed_at IS NULL;
COMMENT ON COLUMN exception_case.fingerprint IS 'code|subject|partner: one open case each.';
COMMENT ON COLUMN exception_case.keys IS
'What the case touches, as kind:value (order:, payment:, partner:, file:, vendor_order:, parcel:);
inhibition joins on these.';
