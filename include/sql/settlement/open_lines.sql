-- purpose: The settlement lines that no payment is matched with yet. What was undone for a later date
--   than this one is matched as of this one.
-- reads: settlement_line (one row per line), settlement_match (one row per payment and line)
-- writes: the lines of the matching engine (one row per open line)
-- params: business_date
SELECT
    l.settlement_line_id::text AS line_id,
    l.gateway,
    l.gateway_ref,
    l.order_ref,
    l.kind,
    l.currency::text AS currency,
    l.gross_minor,
    l.booked_at,
    l.first_reconciled_on < :business_date AS carried
FROM settlement_line AS l
LEFT JOIN settlement_match AS m
    ON
        m.settlement_line_id = l.settlement_line_id
        AND (m.undone_on IS NULL OR m.undone_on > :business_date)
WHERE l.first_reconciled_on IS NOT NULL AND m.settlement_line_id IS NULL
