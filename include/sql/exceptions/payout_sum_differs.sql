-- purpose: A payout that is not the sum of its settlement lines, or of which no line has come.
-- severity: high
-- grace: 1 run
-- inhibited-by: FILE_REFUSED by feed, PARTNER_UNREACHABLE by feed
-- remedy: Look at the lines of the payout (evidence: what was paid, what the lines come to); ask the gateway for what is
--   missing or for the reason of the difference.
-- resolves: lines come that make up the sum
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
WHERE f.code = 'PAYOUT_SUM_DIFFERS'
