-- purpose: A settlement line that pays less than was captured, beyond the gateway's tolerance.
-- severity: medium
-- grace: 2 business days
-- remedy: Claim the difference from the gateway, or wait for the part that is still to come.
-- resolves: parts add up, or a corrected line comes
-- reads: current_finding (one row per finding of the newest reconciliation)
-- writes: one row per payment
-- params: as_of
SELECT
    f.payment_ref AS subject,
    f.gateway AS partner_id,
    f.amount_minor,
    f.currency,
    f.booked_at AS since,
    f.keys,
    f.evidence || jsonb_build_object('file', f.file_name, 'line', f.file_line) AS evidence
FROM current_finding(:as_of) AS f
WHERE f.code = 'AMOUNT_UNDER'
