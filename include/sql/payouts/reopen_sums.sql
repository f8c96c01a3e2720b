-- purpose: Add up again the payouts that tied on this business date or later, and those to which lines have
--   come since.
-- reads: news_file (one row per file), settlement_line (one row per line)
-- writes: payout.sum_ties_on (to null)
-- params: business_date
UPDATE payout
SET sum_ties_on = NULL
WHERE
    payout.sum_ties_on >= :business_date
    OR (
        payout.sum_ties_on IS NOT NULL
        AND EXISTS (
            SELECT 1
            FROM news_file AS n
            INNER JOIN settlement_line AS l ON l.source_file_id = n.source_file_id
            WHERE
                l.gateway = payout.gateway
                AND l.settlement_currency = payout.currency
                AND (
                    l.payout_ref = payout.payout_ref
                    OR l.batch_no = payout.batch_no
                    OR (l.payout_ref IS NULL AND l.batch_no = payout.expected_on::text)
                )
        )
    )
