-- purpose: The lines that need no payment of their own and have not found their place: new ones, and
--   chargebacks, reversals, reserves and adjustments that are still open.
-- reads: settlement_open_line (one row per line left open), settlement_file (one row per file and date),
--   settlement_line (one row per line), settlement_link (one row per line that points to something),
--   settlement_hold (one row per hold)
-- writes: lines of the matching engine (one row per line)
-- params: business_date
WITH found AS (
    SELECT l.*
    FROM settlement_open_line AS o
    INNER JOIN settlement_line AS l ON l.settlement_line_id = o.settlement_line_id
    WHERE o.first_reconciled_on < :business_date AND o.open_from <= :business_date
    UNION ALL
    SELECT l.*
    FROM settlement_file AS f
    INNER JOIN settlement_line AS l ON l.source_file_id = f.source_file_id
    LEFT JOIN settlement_link AS k ON k.settlement_line_id = l.settlement_line_id
    LEFT JOIN settlement_hold AS h
        ON
            h.settlement_line_id = l.settlement_line_id
            AND h.held_on >= :business_date
            AND h.freed_on > :business_date
    WHERE
        f.met_on = :business_date
        AND l.first_reconciled_on = :business_date
        AND l.kind NOT IN ('charge', 'refund')
        AND k.settlement_line_id IS NULL
        AND h.freed_on IS NULL
)

SELECT
    settlement_line_id::text AS line_id,
    gateway,
    gateway_ref,
    order_ref,
    original_ref,
    kind,
    currency::text AS currency,
    gross_minor,
    booked_at,
    first_reconciled_on < :business_date AS carried
FROM found
WHERE
    kind IN (
        'fee', 'transfer', 'chargeback', 'chargeback_reversal', 'refund_reversal', 'reserve',
        'adjustment'
    )
