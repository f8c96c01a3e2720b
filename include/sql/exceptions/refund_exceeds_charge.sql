-- purpose: Refunds of one charge that add up to more than the charge.
-- severity: high
-- grace: 0
-- remedy: Find out which refund is wrong; ask the customer or the gateway to give back what is too much.
-- resolves: a refund is taken back
-- reads: current_finding (one row per finding of the newest reconciliation)
-- writes: one row per payment
-- params: as_of
SELECT
    f.payment_ref AS subject,
    f.gateway AS partner_id,
    f.amount_minor,
    f.currency,
    f.captured_at AS since,
    f.keys,
    f.evidence
FROM current_finding(:as_of) AS f
WHERE f.code = 'REFUND_EXCEEDS_CHARGE'
