-- purpose: The payouts whose lines have not yet come to their amount. Of a gateway that sends no settlement
--   files no lines are expected.
-- reads: payout (one row per payout), partner_feed (one row per partner and document type)
-- writes: the payouts of the sum check (one row per payout)
SELECT
    p.payout_id,
    p.gateway,
    p.account,
    p.payout_ref,
    p.batch_no,
    p.expected_on::text AS day,
    p.currency::text AS currency,
    p.amount_minor,
    CASE WHEN f.partner_id IS NULL THEN 0 ELSE 1 END::bigint AS lines_expected
FROM payout AS p
LEFT JOIN partner_feed AS f ON f.partner_id = p.gateway AND f.doc_type = 'SETTLEMENT'
WHERE p.sum_ties_on IS NULL AND p.kind = 'payout'
