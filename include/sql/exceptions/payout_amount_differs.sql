-- purpose: A late payout that the bank shows with another amount: bank lines name it, and do not come to it.
-- severity: high
-- grace: 0
-- inhibited-by: FILE_REFUSED by feed, PARTNER_UNREACHABLE by feed, BANK_STATEMENT_GAP by feed
-- remedy: Ask the bank whether it kept a charge, and the gateway for the rest.
-- resolves: further lines make up the amount
-- reads: current_payout_finding (one row per finding of the newest reconciliation of payouts)
-- writes: one row per payout
-- params: as_of
SELECT
    f.payout_ref AS subject,
    f.gateway AS partner_id,
    max(f.amount_minor) AS amount_minor,
    min(f.currency) AS currency,
    min(f.paid_out_at) AS since,
    array_agg(DISTINCT k.key) AS keys,
    jsonb_build_object(
        'expected_minor', max(f.expected_minor),
        'lines', jsonb_agg(DISTINCT f.evidence)
    ) AS evidence
FROM current_payout_finding(:as_of) AS f
CROSS JOIN LATERAL unnest(f.keys) AS k (key)
WHERE f.code = 'PAYOUT_AMOUNT_DIFFERS'
GROUP BY f.gateway, f.payout_ref, f.kind
