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

SELECT guard_period('settlement_link');
SELECT guard_period('settlement_near_miss');
