-- purpose: The settlement lines that nothing holds: those left open, and the new ones. Where a person parted
--   a line from a payment, those of its references that name this payment are given as names of nothing, so
--   that no pass ties the two together again, nor takes the line for one that has no reference.
-- reads: settlement_open_line (one row per line left open), settlement_file (one row per file and date),
--   settlement_line (one row per line), settlement_hold (one row per hold), settlement_ban (one row per
--   payment and line), payment (one row per payment)
-- writes: the lines of the matching engine (one row per open line)
-- params: business_date
WITH parted AS (
    SELECT
        b.settlement_line_id,
        bool_or(p.gateway_ref = l.gateway_ref) AS by_gateway_ref,
        bool_or(p.payment_ref = l.order_ref) AS by_order_ref
    FROM settlement_ban AS b
    INNER JOIN payment AS p ON p.payment_id = b.payment_id
    INNER JOIN settlement_line AS l ON l.settlement_line_id = b.settlement_line_id
    GROUP BY b.settlement_line_id
),

found AS (
    SELECT l.*
    FROM settlement_open_line AS o
    INNER JOIN settlement_line AS l ON l.settlement_line_id = o.settlement_line_id
    WHERE o.first_reconciled_on < :business_date AND o.open_from <= :business_date
    UNION ALL
    SELECT l.*
    FROM settlement_file AS f
    INNER JOIN settlement_line AS l ON l.source_file_id = f.source_file_id
    LEFT JOIN settlement_hold AS h
        ON
            h.settlement_line_id = l.settlement_line_id
            AND h.held_on >= :business_date
            AND h.freed_on > :business_date
    WHERE
        f.met_on = :business_date
        AND l.first_reconciled_on = :business_date
        AND h.freed_on IS NULL
)

SELECT
    l.settlement_line_id::text AS line_id,
    l.gateway,
    l.gateway_ref || CASE WHEN b.by_gateway_ref THEN ' (parted)' ELSE '' END AS gateway_ref,
    l.order_ref || CASE WHEN b.by_order_ref THEN ' (parted)' ELSE '' END AS order_ref,
    l.original_ref,
    l.kind,
    l.currency::text AS currency,
    l.gross_minor,
    l.booked_at,
    l.first_reconciled_on < :business_date AS carried
FROM found AS l
LEFT JOIN parted AS b ON b.settlement_line_id = l.settlement_line_id
WHERE l.kind IN ('charge', 'refund')
