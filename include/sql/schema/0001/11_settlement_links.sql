-- purpose: what settlement lines point to, and which setting would have matched those that nothing matched.

CREATE TABLE settlement_link (
    settlement_line_id bigint PRIMARY KEY REFERENCES settlement_line,
    business_date date NOT NULL,
    relation text NOT NULL CHECK (relation IN (
        'chargeback_of', 'second_chargeback_of', 'refund_of', 'reversal_of', 'reversed_by',
        'release_of', 'released_by', 'counter_of', 'fee_of', 'adjustment_of'
    )),
    payment_id bigint REFERENCES payment,
    related_line_id bigint REFERENCES settlement_line,
    CHECK (num_nonnulls(payment_id, related_line_id) > 0)
);
CREATE INDEX settlement_link_date ON settlement_link (business_date);
CREATE INDEX settlement_link_payment ON settlement_link (payment_id);
CREATE INDEX settlement_link_related ON settlement_link (related_line_id);
COMMENT ON TABLE settlement_link IS
'What a line is about: the payment it charges back, refunds or costs, or the line it takes back. A
refund has its link beside its match; a line of another kind that has a link is settled by it.';

CREATE TABLE settlement_near_miss (
    business_date date NOT NULL,
    settlement_line_id bigint NOT NULL REFERENCES settlement_line,
    payment_id bigint NOT NULL REFERENCES payment,
    setting text NOT NULL CHECK (setting IN ('window_days', 'tolerance_minor', 'fx_band')),
    needed bigint NOT NULL,
    more bigint NOT NULL CHECK (more > 0),
    currency char(3) NOT NULL,
    amount_minor bigint NOT NULL,
    would_be_ambiguous boolean NOT NULL,
    PRIMARY KEY (business_date, settlement_line_id)
);
COMMENT ON TABLE settlement_near_miss IS
'By business date, the smallest value of one setting that would have matched a line (needed), by how
much that is more than the setting, and whether the line or the payment would have had several
candidates then. The amount is the payment''s.';

CREATE INDEX settlement_line_original_ref ON settlement_line (gateway, original_ref)
WHERE original_ref IS NOT NULL;
CREATE INDEX settlement_line_to_link ON settlement_line (settlement_line_id) WHERE kind IN (
    'chargeback', 'chargeback_reversal', 'refund_reversal', 'reserve', 'adjustment'
);

ALTER TABLE gateway_account
ADD COLUMN reserve_days integer NOT NULL DEFAULT 180 CHECK (reserve_days >= 0);
COMMENT ON COLUMN gateway_account.reserve_days IS
'After how many days a reserve that the gateway holds should be released.';

CREATE FUNCTION finding_of_lines(as_of timestamptz, finding_code text, per_payment boolean)
RETURNS TABLE (
    subject text,
    partner_id text,
    amount_minor bigint,
    currency char(3),
    since timestamptz,
    keys text[],
    evidence jsonb
)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH findings AS (
        SELECT
            f.*,
            coalesce(
                CASE WHEN per_payment THEN f.payment_ref END, f.line_gateway_ref,
                f.line_order_ref, 'file:' || f.file_name || ':' || f.file_line
            ) AS subject
        FROM current_finding(finding_of_lines.as_of) AS f
        WHERE f.code = finding_code
    )
    SELECT
        f.subject,
        f.gateway,
        CASE WHEN min(f.currency) = max(f.currency) THEN sum(f.amount_minor)::bigint END,
        min(f.currency),
        min(f.booked_at),
        array_remove(ARRAY[
            'partner:' || f.gateway,
            'payment:' || min(f.payment_ref),
            'order:' || min(f.order_ref),
            'gateway_ref:' || min(f.line_gateway_ref)
        ], NULL),
        jsonb_build_object(
            'lines', jsonb_agg(
                f.evidence || jsonb_build_object(
                    'settlement_line_id', f.settlement_line_id, 'file', f.file_name,
                    'line', f.file_line
                ) ORDER BY f.settlement_line_id
            )
        )
    FROM findings AS f
    GROUP BY f.gateway, f.subject
$$;
COMMENT ON FUNCTION finding_of_lines IS
'The current findings of a code about lines of other kinds than charges and refunds, as cases:
one per gateway and reference, or with per_payment one per payment that they are about; the lines
stand in the evidence.';

SELECT guard_period('settlement_link');
SELECT guard_period('settlement_near_miss');
