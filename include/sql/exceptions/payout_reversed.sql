-- purpose: A payout that failed, was cancelled or is taken back, while its money is neither back in the gateway's
--   balance nor gone from the bank.
-- severity: medium
-- grace: 0
-- inhibited-by: FILE_REFUSED by feed, PARTNER_UNREACHABLE by feed
-- remedy: Check our bank details at the gateway, and that it pays again; the next settlement should bring the money back
--   into the balance.
-- resolves: the gateway reports the reversal, or the bank line of it comes
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
WHERE f.code = 'PAYOUT_REVERSED'
