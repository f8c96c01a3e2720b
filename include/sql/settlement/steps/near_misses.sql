-- purpose: For each line that no pass matched, the one setting whose smallest change would match it with the
--   payment that it means: more days, more tolerance, or a wider band around the reference rate. Changes
--   beyond 30 days, beyond 5 per cent of the amount (or 100 minor units), or beyond 1,000 basis points are
--   no near miss. It would be ambiguous where the reference names several open payments, or several such
--   lines want the payment.
-- reads: cases (one row per case), unmatched_lines (one row per line), near_payments (one row per payment
--   that such a line may mean), taken (one row per payment), rated_pairs (one row per payment and line),
--   settings (one row per gateway)
-- writes: near_misses (one row per line)
WITH
facts AS (
    SELECT
        c.line_id,
        c.reference,
        c.code,
        p.payment_no,
        p.payment_id,
        p.gateway,
        p.currency,
        p.amount_minor,
        p.settle_minor,
        s.window_days,
        s.tolerance_minor,
        s.fx_band_bps,
        r.off_bps,
        CASE WHEN c.reference = 'order_ref' THEN p.order_key ELSE p.ref_key END AS key_no,
        abs(l.settle_minor - p.settle_minor) AS apart_minor,
        abs(l.booked_day - p.booked_day) AS apart_days,
        CASE WHEN l.currency = p.currency THEN 1 ELSE 0 END AS is_same_currency,
        CASE
            WHEN c.reference = 'order_ref' AND l.bond > 0 AND l.settle_minor <> p.settle_minor
                THEN 1
            ELSE 0
        END AS is_bound_elsewhere
    FROM cases AS c
    INNER JOIN unmatched_lines AS l ON c.line_no = l.line_no
    INNER JOIN near_payments AS p
        ON p.payment_no = CASE
            WHEN c.payment_no IS NOT NULL THEN c.payment_no
            WHEN c.code = 'SETTLED_NO_ORDER' THEN c.related_no
        END
    INNER JOIN settings AS s ON p.gateway = s.gateway
    LEFT JOIN rated_pairs AS r ON c.line_no = r.line_no AND p.payment_no = r.payment_no
),

judged AS (
    SELECT
        *,
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
        END AS setting
    FROM facts
),

misses AS (
    SELECT
        *,
        count(*) OVER (PARTITION BY payment_no) AS lines
    FROM judged
    WHERE setting IS NOT NULL
),

refs AS (
    SELECT DISTINCT
        reference,
        key_no,
        currency
    FROM misses
),

named AS (
    SELECT
        r.reference,
        r.key_no,
        r.currency,
        p.payment_no,
        p.taken_by
    FROM refs AS r
    INNER JOIN near_payments AS p
        ON
            r.key_no = p.ref_key
            AND r.currency = p.currency
    WHERE r.reference = 'gateway_ref'
    UNION ALL
    SELECT
        r.reference,
        r.key_no,
        r.currency,
        p.payment_no,
        p.taken_by
    FROM refs AS r
    INNER JOIN near_payments AS p
        ON
            r.key_no = p.order_key
            AND r.currency = p.currency
    WHERE r.reference = 'order_ref'
),

-- A payment that a case names is taken by the case, and would be free.
rivals AS (
    SELECT
        n.reference,
        n.key_no,
        n.currency,
        count(DISTINCT n.payment_no) AS payments
    FROM named AS n
    LEFT JOIN taken AS k ON n.payment_no = k.payment_no
    LEFT JOIN cases AS c ON n.payment_no = c.payment_no
    WHERE n.taken_by IS NULL AND (k.payment_no IS NULL OR c.payment_no IS NOT NULL)
    GROUP BY n.reference, n.key_no, n.currency
)

SELECT
    m.line_id,
    m.payment_id,
    m.setting,
    CASE
        WHEN m.setting = 'window_days' THEN m.apart_days
        WHEN m.setting = 'tolerance_minor' THEN m.apart_minor
        ELSE m.off_bps
    END AS needed,
    CASE
        WHEN m.setting = 'window_days' THEN m.apart_days - m.window_days
        WHEN m.setting = 'tolerance_minor' THEN m.apart_minor - m.tolerance_minor
        ELSE m.off_bps - m.fx_band_bps
    END AS more,
    CASE WHEN r.payments > 1 OR m.lines > 1 THEN 1 ELSE 0 END AS would_be_ambiguous,
    m.gateway,
    m.currency,
    m.amount_minor
FROM misses AS m
INNER JOIN rivals AS r
    ON
        m.reference = r.reference
        AND m.key_no = r.key_no
        AND m.currency = r.currency
