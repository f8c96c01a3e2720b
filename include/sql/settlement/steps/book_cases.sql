-- purpose: The cases of lines that need no payment of their own, and of charges refunded beyond their
--   amount. The latter name no payment and no line as theirs, since each has its place elsewhere.
-- reads: book_ends (one row per line), refund_sums (one row per charge)
-- writes: exceptions (one row per case)
SELECT
    code,
    NULL AS payment_id,
    line_id,
    size_minor AS amount_minor,
    currency,
    reason,
    NULL AS reference,
    CAST(0 AS BIGINT) AS candidates,
    gateway,
    gateway_ref,
    order_ref,
    kind,
    gross_minor AS settled_minor,
    NULL AS expected_minor,
    NULL AS expected_currency,
    days_apart,
    payment_id AS related_payment_id,
    related_line_id
FROM book_ends
WHERE code IS NOT NULL
UNION ALL
SELECT
    'REFUND_EXCEEDS_CHARGE' AS code,
    NULL AS payment_id,
    NULL AS line_id,
    refunded_minor - charged_minor AS amount_minor,
    currency,
    'refunds add up to more than the charge' AS reason,
    'original_ref' AS reference,
    CAST(0 AS BIGINT) AS candidates,
    gateway,
    gateway_ref,
    order_ref,
    'refund' AS kind,
    refunded_minor AS settled_minor,
    charged_minor AS expected_minor,
    currency AS expected_currency,
    NULL AS days_apart,
    payment_id AS related_payment_id,
    line_id AS related_line_id
FROM refund_sums
