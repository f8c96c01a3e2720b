-- purpose: A bank line that several payouts fit, or a payout that several bank lines fit: nothing tells which.
-- severity: medium
-- grace: 0
-- inhibited-by: FILE_REFUSED by feed, PARTNER_UNREACHABLE by feed
-- remedy: Ask gateway or bank for the reference of the line (evidence: what fits), then match by hand.
-- resolves: what else fits is matched, or a reference comes
-- reads: current_payout_finding (one row per finding of the newest reconciliation of payouts)
-- writes: one row per bank line
-- params: as_of
SELECT
    f.line_subject AS subject,
    f.bank AS partner_id,
    max(f.amount_minor) AS amount_minor,
    min(f.currency) AS currency,
    min(f.booked_at) AS since,
    array_agg(DISTINCT k.key) AS keys,
    jsonb_build_object('candidates', jsonb_agg(DISTINCT f.evidence)) AS evidence
FROM current_payout_finding(:as_of) AS f
CROSS JOIN LATERAL unnest(f.keys) AS k (key)
WHERE f.code = 'PAYOUT_AMBIGUOUS'
GROUP BY f.bank, f.line_subject
