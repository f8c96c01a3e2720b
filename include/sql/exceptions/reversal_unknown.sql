-- purpose: Money given back to us for a chargeback, refund or reserve that we do not know, or of another amount.
-- severity: medium
-- grace: 1 run
-- remedy: Ask the gateway what the line takes back; check that all its files have arrived.
-- resolves: the line that it takes back arrives, or a person writes the line off
-- reads: finding_of_lines (one row per gateway and reference)
-- writes: one row per reference, its lines in the evidence
-- params: as_of
SELECT
    f.subject,
    f.partner_id,
    f.amount_minor,
    f.currency,
    f.since,
    f.keys,
    f.evidence
FROM finding_of_lines(:as_of, 'REVERSAL_UNKNOWN', FALSE) AS f
