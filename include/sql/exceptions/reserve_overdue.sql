-- purpose: Money that the gateway keeps as a reserve beyond the date of its release.
-- severity: medium
-- grace: 0
-- remedy: Ask the gateway to release the reserve, by its reference.
-- resolves: the release arrives, or a person writes the line off
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
FROM finding_of_lines(:as_of, 'RESERVE_OVERDUE', FALSE) AS f
