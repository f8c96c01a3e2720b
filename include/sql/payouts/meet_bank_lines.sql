-- purpose: Mark the bank lines that this business date's reconciliation sees for the first time. A line that was
--   set aside counts as new again when a payout that came since is named in it.
-- reads: source_file (one row per file), payout (one row per payout)
-- writes: bank_line (first_reconciled_on to the business date, not_ours_on to null)
-- params: business_date, as_of
UPDATE bank_line
SET first_reconciled_on = :business_date, not_ours_on = NULL
WHERE bank_line.bank_line_id IN (
    SELECT b.bank_line_id
    FROM bank_line AS b
    INNER JOIN source_file AS f ON f.source_file_id = b.source_file_id
    WHERE b.first_reconciled_on IS NULL AND f.received_at <= :as_of
    UNION
    SELECT b.bank_line_id
    FROM payout AS p
    INNER JOIN bank_line AS b
        ON
            b.currency = p.currency
            AND b.not_ours_on IS NOT NULL
            AND b.booked_on BETWEEN p.expected_on - 31 AND p.expected_on + 31
    WHERE
        p.first_reconciled_on = :business_date
        AND (
            (
                length(match_text(p.payout_ref)) >= 6
                AND position(match_text(p.payout_ref) IN b.search_text) > 0
            )
            OR (
                length(match_text(p.bank_ref)) >= 6
                AND position(match_text(p.bank_ref) IN b.search_text) > 0
            )
        )
)
