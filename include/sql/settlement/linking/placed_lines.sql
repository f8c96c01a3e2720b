-- purpose: Lines that have their place already and that an open line may take back or follow: those of its
--   references, and the refunds of charges that were refunded beyond their amount.
-- reads: open_book (one row per open line: gateway, ref), settlement_line (one row per line),
--   settlement_link (one row per line that points to something), settlement_hold (one row per hold)
-- writes: lines of the matching engine, placed (one row per line)
-- params: business_date
WITH found AS (
    SELECT l.settlement_line_id
    FROM open_book AS b
    INNER JOIN settlement_line AS l ON l.gateway = b.gateway AND l.gateway_ref = b.ref
    UNION
    SELECT l.settlement_line_id
    FROM open_book AS b
    INNER JOIN settlement_line AS l ON l.gateway = b.gateway AND l.original_ref = b.ref
    UNION
    SELECT k.settlement_line_id
    FROM settlement_finding AS f
    INNER JOIN settlement_link AS k
        ON k.payment_id = (f.evidence ->> 'related_payment_id')::bigint
    WHERE
        f.code = 'REFUND_EXCEEDS_CHARGE'
        AND f.business_date = (
            SELECT max(r.business_date) FROM settlement_run AS r
            WHERE r.business_date < :business_date
        )
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
    true AS placed,
    (
        SELECT min(r.settlement_line_id)::text FROM settlement_link AS r
        WHERE
            r.related_line_id = l.settlement_line_id
            AND r.relation IN ('reversal_of', 'release_of', 'counter_of')
    ) AS reversed_by
FROM found AS f
INNER JOIN settlement_line AS l ON l.settlement_line_id = f.settlement_line_id
WHERE
    l.kind IN (
        'refund', 'chargeback', 'chargeback_reversal', 'refund_reversal', 'reserve', 'transfer',
        'adjustment', 'fee'
    )
    AND l.first_reconciled_on <= :business_date
    AND (
        EXISTS (
            SELECT 1 FROM settlement_hold AS h
            WHERE h.settlement_line_id = l.settlement_line_id AND h.freed_on > :business_date
        )
        OR (
            l.kind <> 'refund'
            AND EXISTS (
                SELECT 1 FROM settlement_link AS k
                WHERE k.settlement_line_id = l.settlement_line_id
            )
        )
    )
