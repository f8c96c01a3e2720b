-- purpose: A settlement line in another currency than its payment was captured in.
-- severity: high
-- grace: 0
-- remedy: Ask the gateway in which currency the customer was charged, and for a corrected line.
-- resolves: a corrected line comes
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
WHERE f.code = 'CURRENCY_MISMATCH'
