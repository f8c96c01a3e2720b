-- purpose: The lines that may point to others: those of kinds that need no payment of their own, refunds
--   that say what they give back or that are given back themselves, and lines of earlier runs that a
--   line of this run may take back. Few beside the charges.
-- reads: all_lines (one row per line)
-- writes: book_lines (one row per line; rank_no counts them by id, so that a lower number is a lower id;
--   takes is 1 where the line takes back another of its family, or pays it out again)
WITH
reversed_refunds AS (
    SELECT
        gateway,
        gateway_ref AS ref
    FROM all_lines
    WHERE kind = 'refund_reversal' AND gateway_ref IS NOT NULL
    UNION
    SELECT
        gateway,
        original_ref AS ref
    FROM all_lines
    WHERE kind = 'refund_reversal' AND original_ref IS NOT NULL
),

wanted AS (
    SELECT l.line_no
    FROM all_lines AS l
    WHERE
        l.is_linked_kind = 1
        OR (l.placed = 1 AND l.kind <> 'charge')
        OR (l.kind = 'refund' AND l.original_ref IS NOT NULL)
    UNION
    SELECT l.line_no
    FROM all_lines AS l
    INNER JOIN reversed_refunds AS r ON l.gateway = r.gateway AND l.gateway_ref = r.ref
    WHERE l.kind = 'refund'
)

SELECT
    l.line_no,
    l.line_id,
    l.gateway,
    l.gateway_ref,
    l.order_ref,
    l.original_ref,
    l.kind,
    l.currency,
    l.gross_minor,
    abs(l.gross_minor) AS size_minor,
    l.booked_day,
    l.booked_us,
    l.due_us,
    l.placed,
    l.reversed_by,
    CASE
        WHEN l.kind IN ('chargeback', 'chargeback_reversal') THEN 'chargeback'
        WHEN l.kind IN ('refund', 'refund_reversal') THEN 'refund'
        ELSE l.kind
    END AS family,
    CASE
        WHEN l.kind IN ('chargeback', 'refund') THEN 0
        WHEN l.kind IN ('chargeback_reversal', 'refund_reversal') THEN 1
        WHEN l.gross_minor > 0 THEN 1
        ELSE 0
    END AS takes,
    row_number() OVER (ORDER BY l.line_id) AS rank_no
FROM all_lines AS l
INNER JOIN wanted AS w ON l.line_no = w.line_no
