-- purpose: For each line that no pass matched, the one setting whose smallest change would match it with the
--   payment that it means: more days, more tolerance, or a wider band around the reference rate. Changes
--   beyond 30 days, beyond 5 per cent of the amount (or 100 minor units), or beyond 1,000 basis points are
--   no near miss.
-- reads: cases (one row per case), unmatched_lines (one row per line), near_payments (one row per payment
--   that such a line may mean), taken (one row per payment), rated_pairs (one row per payment and line),
--   settings (one row per gateway)
-- writes: near_misses (one row per line)
WITH
named AS (
    SELECT
        p.gateway,
        p.gateway_ref,
        p.order_ref,
        p.kind,
        p.currency,
        p.payment_no
    FROM near_payments AS p
    LEFT JOIN taken AS k ON p.payment_no = k.payment_no
    LEFT JOIN cases AS c ON p.payment_no = c.payment_no
    WHERE p.taken_by IS NULL AND (k.payment_no IS NULL OR c.payment_no IS NOT NULL)
),

by_gateway_ref AS (
    SELECT
        gateway,
        gateway_ref,
        kind,
        currency,
        count(*) AS payments
    FROM named
    GROUP BY gateway, gateway_ref, kind, currency
),

by_order_ref AS (
    SELECT
        gateway,
        order_ref,
        kind,
        currency,
        count(*) AS payments
    FROM named
    GROUP BY gateway, order_ref, kind, currency
),

facts AS (
    SELECT
        c.line_id,
        p.payment_id,
        p.gateway,
        p.currency,
        p.amount_minor,
        p.settle_minor,
        s.window_days,
        s.tolerance_minor,
        s.fx_band_bps,
        r.off_bps,
        c.code,
        abs(l.settle_minor - p.settle_minor) AS apart_minor,
        abs(l.booked_day - p.booked_day) AS apart_days,
        CASE WHEN l.currency = p.currency THEN 1 ELSE 0 END AS is_same_currency,
        CASE
            WHEN c.reference = 'order_ref' AND l.bond > 0 AND l.settle_minor <> p.settle_minor
                THEN 1
            ELSE 0
        END AS is_bound_elsewhere,
        CASE
            WHEN c.reference = 'order_ref' THEN o.payments
            ELSE g.payments
        END AS payments,
        count(*) OVER (PARTITION BY p.payment_no) AS lines
    FROM cases AS c
    INNER JOIN unmatched_lines AS l ON c.line_no = l.line_no
    INNER JOIN near_payments AS p
        ON p.payment_no = CASE
            WHEN c.payment_no IS NOT NULL THEN c.payment_no
            WHEN c.code = 'SETTLED_NO_ORDER' THEN c.related_no
        END
    INNER JOIN settings AS s ON p.gateway = s.gateway
    LEFT JOIN by_gateway_ref AS g
        ON
            p.gateway = g.gateway
            AND p.gateway_ref = g.gateway_ref
            AND p.kind = g.kind
            AND p.currency = g.currency
    LEFT JOIN by_order_ref AS o
        ON
            p.gateway = o.gateway
            AND p.order_ref = o.order_ref
            AND p.kind = o.kind
            AND p.currency = o.currency
    LEFT JOIN rated_pairs AS r ON c.line_no = r.line_no AND p.payment_no = r.payment_no
),

judged AS (
    SELECT
        line_id,
        payment_id,
        gateway,
        currency,
        amount_minor,
        payments,
        lines,
        CASE
            WHEN is_bound_elsewhere = 1 THEN NULL
            WHEN is_same_currency = 0 AND off_bps <= 1000 THEN 'fx_band'
            WHEN is_same_currency = 0 THEN NULL
            WHEN
                code = 'SETTLED_NO_ORDER'
                AND apart_minor <= tolerance_minor
                AND apart_days <= window_days + 30
                THEN 'window_days'
            WHEN
                code IN ('AMOUNT_UNDER', 'AMOUNT_OVER')
                AND (apart_minor <= 100 OR apart_minor * 20 <= abs(settle_minor))
                THEN 'tolerance_minor'
        END AS setting,
        apart_days,
        apart_minor,
        off_bps,
        window_days,
        tolerance_minor,
        fx_band_bps
    FROM facts
)

SELECT
    line_id,
    payment_id,
    setting,
    CASE
        WHEN setting = 'window_days' THEN apart_days
        WHEN setting = 'tolerance_minor' THEN apart_minor
        ELSE off_bps
    END AS needed,
    CASE
        WHEN setting = 'window_days' THEN apart_days - window_days
        WHEN setting = 'tolerance_minor' THEN apart_minor - tolerance_minor
        ELSE off_bps - fx_band_bps
    END AS more,
    CASE WHEN payments > 1 OR lines > 1 THEN 1 ELSE 0 END AS would_be_ambiguous,
    gateway,
    currency,
    amount_minor
FROM judged
WHERE setting IS NOT NULL
