-- purpose: Captured money that no gateway line has settled by the end of its business days. A payment
--   whose line has arrived since the newest reconciliation is left out: the next one looks at it.
-- severity: medium
-- grace: 0
-- inhibited-by: FILE_REFUSED by feed, PARTNER_UNREACHABLE by feed
-- remedy: Ask the gateway for the payment by its reference; check that all its files have arrived.
-- resolves: the line matches
-- reads: current_finding (one row per finding of the newest reconciliation), settlement_line (one row
--   per line)
-- writes: one row per payment
-- params: as_of
SELECT
    f.payment_ref AS subject,
    f.gateway AS partner_id,
    f.amount_minor,
    f.currency,
    f.captured_at AS since,
    f.keys || ARRAY['feed:' || f.gateway || '/SETTLEMENT'] AS keys,
    f.evidence
FROM current_finding(:as_of) AS f
WHERE
    f.code = 'SETTLEMENT_OVERDUE'
    AND NOT EXISTS (
        SELECT 1 FROM settlement_line AS l
        WHERE
            l.gateway = f.gateway
            AND l.gateway_ref = f.evidence ->> 'gateway_ref'
            AND l.kind IN ('charge', 'refund')
            AND coalesce(l.first_reconciled_on, 'infinity') > f.business_date
    )
    AND NOT EXISTS (
        SELECT 1 FROM settlement_line AS l
        WHERE
            l.order_ref = f.payment_ref
            AND l.gateway = f.gateway
            AND l.kind IN ('charge', 'refund')
            AND coalesce(l.first_reconciled_on, 'infinity') > f.business_date
    )
