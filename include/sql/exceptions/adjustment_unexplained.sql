-- purpose: A change of our balance at the gateway that names no payment of ours.
-- severity: medium
-- grace: 1 run
-- remedy: Ask the gateway for the reason; then write the line off with it.
-- resolves: a person writes the line off, or the adjustment is taken back
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
FROM finding_of_lines(:as_of, 'ADJUSTMENT_UNEXPLAINED', FALSE) AS f
