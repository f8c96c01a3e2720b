-- purpose: The lines that need no payment of their own and have not found their place: new ones, and
--   chargebacks, reversals, reserves and adjustments that are still open.
-- reads: settlement_line (one row per line), settlement_link (one row per line that points to something),
--   settlement_hold (one row per hold)
-- writes: lines of the matching engine (one row per line)
-- params: business_date
WITH found AS (
    SELECT settlement_line_id
    FROM settlement_line
    WHERE
        first_reconciled_on = :business_date
        AND kind IN ('fee', 'transfer', 'reserve', 'adjustment')
    UNION
    SELECT settlement_line_id
    FROM settlement_line
    WHERE
        kind IN ('chargeback', 'chargeback_reversal', 'refund_reversal', 'reserve', 'adjustment')
        AND first_reconciled_on <= :business_date
        AND gross_minor <> 0
    UNION
    SELECT settlement_line_id
    FROM settlement_line
    WHERE
        first_reconciled_on = :business_date
        AND kind IN ('chargeback', 'chargeback_reversal', 'refund_reversal')
)

SELECT
    l.settlement_line_id::text AS line_id,
    l.gateway,
    l.gateway_ref,
    l.order_ref,
    l.original_ref,
    l.kind,
    l.currency::text AS currency,
    l.gross_minor,
    l.booked_at,
    l.first_reconciled_on < :business_date AS carried
FROM found AS f
INNER JOIN settlement_line AS l ON l.settlement_line_id = f.settlement_line_id
LEFT JOIN settlement_link AS k ON k.settlement_line_id = l.settlement_line_id
LEFT JOIN settlement_hold AS h
    ON h.settlement_line_id = l.settlement_line_id AND h.freed_on > :business_date
WHERE k.settlement_line_id IS NULL AND h.freed_on IS NULL
