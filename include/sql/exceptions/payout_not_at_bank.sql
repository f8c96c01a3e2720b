-- purpose: A payout that is not at the bank after the business days that it may take, and that no bank line
--   names.
-- severity: high
-- grace: 0
-- inhibited-by: FILE_REFUSED by feed, PARTNER_UNREACHABLE by feed, BANK_STATEMENT_GAP by feed
-- remedy: Check that the bank's statements have all come; then ask the gateway where the money is, with the payout's
--   reference.
-- resolves: the bank line comes
-- reads: current_payout_finding (one row per finding of the newest reconciliation of payouts)
-- writes: one row per payout
-- params: as_of
SELECT
    f.payout_ref AS subject,
    f.gateway AS partner_id,
    f.amount_minor,
    f.currency,
    f.paid_out_at AS since,
    f.keys,
    f.evidence
FROM current_payout_finding(:as_of) AS f
WHERE f.code = 'PAYOUT_NOT_AT_BANK'
