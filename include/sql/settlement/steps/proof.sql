-- purpose: Counts and sums of both sides by gateway and currency: what came in, from the inputs
--   alone, and what became of it, from the results alone. They must agree.
-- reads: payments_in, lines_in (the inputs, summed up), exact_pairs, other_pairs (one row per match),
--   exceptions (one row per case), book_ends (one row per line of a kind that needs no payment),
--   rest_payments (one row per payment that nothing took)
-- writes: proof (one row per side, gateway, currency and bucket)
WITH
exact_sums AS (
    SELECT
        gateway,
        currency,
        count(*) AS entries,
        sum(amount_minor) AS amount_minor,
        sum(gross_minor) AS gross_minor
    FROM exact_pairs
    GROUP BY gateway, currency
),

-- Only a later pass shares a payment among lines, or a line among payments, or has two currencies.
payment_pairs AS (
    SELECT
        gateway,
        currency,
        entries,
        amount_minor AS sum_minor
    FROM exact_sums
    UNION ALL
    SELECT
        gateway,
        currency,
        count(DISTINCT payment_no) AS entries,
        sum(amount_minor) AS sum_minor
    FROM other_pairs
    GROUP BY gateway, currency
),

line_pairs AS (
    SELECT
        gateway,
        currency,
        entries,
        gross_minor AS sum_minor
    FROM exact_sums
    UNION ALL
    SELECT
        gateway,
        line_currency AS currency,
        count(DISTINCT line_no) AS entries,
        sum(gross_minor) AS sum_minor
    FROM other_pairs
    GROUP BY gateway, line_currency
),

entries AS (
    SELECT
        'payments' AS side,
        gateway,
        currency,
        CASE WHEN carried = 1 THEN 'opening' ELSE 'new' END AS bucket,
        entries,
        sum_minor
    FROM payments_in
    WHERE is_earlier = 0
    UNION ALL
    SELECT
        'lines' AS side,
        gateway,
        currency,
        CASE WHEN carried = 1 THEN 'opening' ELSE 'new' END AS bucket,
        entries,
        sum_minor
    FROM lines_in
    WHERE is_earlier = 0
    UNION ALL
    SELECT
        'lines' AS side,
        gateway,
        currency,
        'not_matched_by_kind' AS bucket,
        entries,
        sum_minor
    FROM lines_in
    WHERE is_asked = 0 AND is_earlier = 0
    UNION ALL
    SELECT
        'lines' AS side,
        gateway,
        currency,
        bucket,
        count(*) AS entries,
        sum(gross_minor) AS sum_minor
    FROM book_ends
    WHERE bucket <> 'exceptions'
    GROUP BY gateway, currency, bucket
    UNION ALL
    SELECT
        'payments' AS side,
        gateway,
        currency,
        'matched' AS bucket,
        entries,
        sum_minor
    FROM payment_pairs
    UNION ALL
    SELECT
        'lines' AS side,
        gateway,
        currency,
        'matched' AS bucket,
        entries,
        sum_minor
    FROM line_pairs
    UNION ALL
    SELECT
        'payments' AS side,
        gateway,
        expected_currency AS currency,
        'exceptions' AS bucket,
        count(*) AS entries,
        sum(expected_minor) AS sum_minor
    FROM exceptions
    WHERE payment_id IS NOT NULL
    GROUP BY gateway, expected_currency
    UNION ALL
    SELECT
        'lines' AS side,
        gateway,
        currency,
        'exceptions' AS bucket,
        count(*) AS entries,
        sum(settled_minor) AS sum_minor
    FROM exceptions
    WHERE line_id IS NOT NULL
    GROUP BY gateway, currency
    UNION ALL
    SELECT
        'payments' AS side,
        gateway,
        currency,
        'open' AS bucket,
        count(*) AS entries,
        sum(amount_minor) AS sum_minor
    FROM rest_payments
    WHERE is_late = 0
    GROUP BY gateway, currency
)

SELECT
    side,
    gateway,
    currency,
    bucket,
    CAST(sum(entries) AS BIGINT) AS entries,
    CAST(sum(sum_minor) AS DECIMAL(38, 0)) AS sum_minor
FROM entries
GROUP BY side, gateway, currency, bucket
ORDER BY gateway, currency, side, bucket
