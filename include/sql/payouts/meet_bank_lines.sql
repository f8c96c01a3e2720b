-- purpose: Mark the bank lines that this business date's reconciliation sees for the first time. A line that was
--   set aside counts as new again when a payout that came since is named in it; what it was before is kept.
-- reads: source_file (one row per file), payout (one row per payout)
-- writes: bank_line (first_reconciled_on to the business date, not_ours_on to null), bank_line_before (one row per
--   line that is taken back)
-- params: business_date, as_of
WITH seen AS (
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
),

kept AS (
    INSERT INTO bank_line_before (bank_line_id, first_reconciled_on, not_ours_on)
    SELECT
        b.bank_line_id,
        b.first_reconciled_on,
        b.not_ours_on
    FROM seen AS s
    INNER JOIN bank_line AS b ON b.bank_line_id = s.bank_line_id
    WHERE b.not_ours_on IS NOT NULL
)

UPDATE bank_line
SET first_reconciled_on = :business_date, not_ours_on = NULL
FROM seen
WHERE seen.bank_line_id = bank_line.bank_line_id
