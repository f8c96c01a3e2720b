-- purpose: The payments that the last step took, each by its first line.
-- reads: step (one row per payment and line)
-- writes: taken (one row per payment)
SELECT
    payment_no,
    min(line_id) AS line_id
FROM step
WHERE payment_no IS NOT NULL
GROUP BY payment_no
