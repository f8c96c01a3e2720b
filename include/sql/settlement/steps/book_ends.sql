-- purpose: What becomes of each line of a kind that needs no payment of its own: it points to a payment or
--   another line, or it is a case, or it waits (a reserve), or nothing is asked of it.
-- reads: book_lines (one row per line), originals (one row per line that is about a charge), reversals
--   (one row per reversal), settings (one row per gateway)
-- writes: book_ends (one row per line of such a kind that no earlier run placed)
WITH
chargebacks AS (
    SELECT
        line_no,
        lag(line_id) OVER (
            PARTITION BY gateway, coalesce(original_ref, gateway_ref), currency, size_minor
            ORDER BY booked_day, rank_no
        ) AS before_id
    FROM book_lines
    WHERE
        kind = 'chargeback'
        AND coalesce(original_ref, gateway_ref) IS NOT NULL
),

facts AS (
    SELECT
        b.line_no,
        b.line_id,
        b.gateway,
        b.gateway_ref,
        b.order_ref,
        b.kind,
        b.family,
        b.takes,
        b.currency,
        b.gross_minor,
        b.size_minor,
        o.payment_id,
        o.line_id AS charge_id,
        abs(b.booked_day - o.booked_day) AS days_apart,
        c.before_id,
        taken.line_id AS taken_id,
        taken_about.payment_id AS taken_payment_id,
        taker.line_id AS taker_id,
        CASE
            WHEN
                coalesce(b.due_us, b.booked_us + s.reserve_days * 86400000000)
                < s.as_of_us
                THEN 1
            ELSE 0
        END AS is_late
    FROM book_lines AS b
    INNER JOIN settings AS s ON b.gateway = s.gateway
    LEFT JOIN originals AS o ON b.line_no = o.line_no
    LEFT JOIN chargebacks AS c ON b.line_no = c.line_no
    LEFT JOIN reversals AS r ON b.line_no = r.line_no
    LEFT JOIN book_lines AS taken ON r.related_no = taken.line_no
    LEFT JOIN originals AS taken_about ON r.related_no = taken_about.line_no
    LEFT JOIN reversals AS v ON b.line_no = v.related_no
    LEFT JOIN book_lines AS taker ON v.line_no = taker.line_no
    WHERE b.placed = 0 AND b.kind <> 'refund'
),

judged AS (
    SELECT
        *,
        CASE
            WHEN taken_id IS NOT NULL OR taker_id IS NOT NULL THEN 'linked'
            WHEN kind IN ('chargeback', 'chargeback_reversal', 'refund_reversal')
                THEN 'exceptions'
            WHEN kind = 'reserve' AND (takes = 1 OR is_late = 1) AND size_minor > 0
                THEN 'exceptions'
            WHEN kind = 'reserve' AND size_minor > 0 THEN 'open'
            WHEN kind = 'adjustment' AND payment_id IS NOT NULL THEN 'linked'
            WHEN kind = 'adjustment' AND size_minor > 0 THEN 'exceptions'
            ELSE 'not_matched_by_kind'
        END AS bucket
    FROM facts
)

SELECT
    line_no,
    line_id,
    gateway,
    gateway_ref,
    order_ref,
    kind,
    currency,
    gross_minor,
    size_minor,
    bucket,
    CASE
        WHEN family = 'fee' AND taken_id IS NULL AND taker_id IS NULL AND payment_id IS NOT NULL
            THEN 'fee_of'
        WHEN bucket <> 'linked' THEN NULL
        WHEN taken_id IS NOT NULL AND family = 'reserve' THEN 'release_of'
        WHEN family = 'transfer' THEN 'counter_of'
        WHEN taken_id IS NOT NULL THEN 'reversal_of'
        WHEN family = 'chargeback' AND before_id IS NOT NULL THEN 'second_chargeback_of'
        WHEN family = 'chargeback' AND coalesce(payment_id, charge_id) IS NOT NULL
            THEN 'chargeback_of'
        WHEN family = 'reserve' THEN 'released_by'
        WHEN taker_id IS NOT NULL THEN 'reversed_by'
        ELSE 'adjustment_of'
    END AS relation,
    CASE
        WHEN bucket <> 'exceptions' THEN NULL
        WHEN kind = 'chargeback' THEN 'CHARGEBACK'
        WHEN kind = 'adjustment' THEN 'ADJUSTMENT_UNEXPLAINED'
        WHEN kind = 'reserve' AND takes = 0 THEN 'RESERVE_OVERDUE'
        ELSE 'REVERSAL_UNKNOWN'
    END AS code,
    CASE
        WHEN kind = 'chargeback' AND before_id IS NOT NULL THEN 'charged back again'
        WHEN kind = 'chargeback' AND payment_id IS NULL THEN 'charged back, payment unknown'
        WHEN kind = 'chargeback' THEN 'charged back'
        WHEN kind = 'adjustment' THEN 'names no payment'
        WHEN kind = 'reserve' AND takes = 0 THEN 'not released by its date'
        ELSE 'nothing of its reference and amount to take back'
    END AS reason,
    coalesce(payment_id, taken_payment_id) AS payment_id,
    CASE
        WHEN taken_id IS NOT NULL THEN taken_id
        WHEN family = 'chargeback' AND coalesce(payment_id, charge_id, before_id) IS NOT NULL
            THEN coalesce(before_id, charge_id)
        ELSE coalesce(taker_id, charge_id)
    END AS related_line_id,
    days_apart
FROM judged
