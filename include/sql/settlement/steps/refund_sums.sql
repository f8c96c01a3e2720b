-- purpose: Charges of which more was given back than was charged, all refunds together that name them,
--   less those that were taken back.
-- reads: book_lines (one row per line), originals (one row per line that is about a charge), reversals
--   (one row per reversal)
-- writes: refund_sums (one row per such charge; the line that went beyond it last)
WITH
given AS (
    SELECT
        o.payment_no,
        b.line_no,
        b.line_id,
        b.rank_no,
        b.booked_day,
        b.size_minor,
        b.gateway,
        b.gateway_ref,
        b.order_ref
    FROM book_lines AS b
    INNER JOIN originals AS o ON b.line_no = o.line_no AND b.currency = o.currency
    LEFT JOIN reversals AS r ON b.line_no = r.related_no
    WHERE
        b.kind = 'refund'
        AND b.original_ref IS NOT NULL
        AND b.reversed_by IS NULL
        AND r.line_no IS NULL
),

running AS (
    SELECT
        *,
        sum(size_minor) OVER (PARTITION BY payment_no) AS refunded_minor,
        row_number() OVER (
            PARTITION BY payment_no
            ORDER BY booked_day DESC, rank_no DESC
        ) AS from_last
    FROM given
)

SELECT
    r.gateway,
    r.gateway_ref,
    r.order_ref,
    r.line_id,
    o.payment_id,
    o.currency,
    o.settle_minor AS charged_minor,
    CAST(r.refunded_minor AS BIGINT) AS refunded_minor
FROM running AS r
INNER JOIN originals AS o ON r.line_no = o.line_no
WHERE r.from_last = 1 AND r.refunded_minor > o.settle_minor
