-- purpose: The payouts to whose amount their lines do not come. One without any line is left out where the
--   gateway sends none.
-- reads: sums (one row per payout)
-- writes: findings (one row per payout)
SELECT
    'PAYOUT_SUM_DIFFERS' AS code,
    s.payout_id,
    CAST(NULL AS BIGINT) AS bank_line_id,
    CAST(abs(s.found_minor - s.expected_minor) AS BIGINT) AS amount_minor,
    CAST(s.expected_minor AS BIGINT) AS expected_minor,
    CAST(s.found_minor AS BIGINT) AS found_minor,
    CASE
        WHEN s.lines = 0 THEN 'No line of the payout has come.'
        ELSE concat('The payout is not the sum of its ', CAST(s.lines AS VARCHAR), ' lines.')
    END AS reason
FROM sums AS s
WHERE s.found_minor <> s.expected_minor AND (s.lines > 0 OR s.lines_expected = 1)
