-- purpose: A customer's bank took a payment back, and the gateway has not won it back.
-- severity: high
-- grace: 0
-- remedy: Send the gateway the proof of delivery before its deadline, or accept the loss and write the line off.
-- resolves: the reversal of the chargeback arrives, or a person writes the line off
-- reads: finding_of_lines (one row per gateway and payment)
-- writes: one row per payment, its lines in the evidence
-- params: as_of
SELECT
    f.subject,
    f.partner_id,
    f.amount_minor,
    f.currency,
    f.since,
    f.keys,
    f.evidence
FROM finding_of_lines(:as_of, 'CHARGEBACK', TRUE) AS f
