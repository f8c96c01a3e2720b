-- purpose: how many purchases are in each state that is not an end.
-- reads: purchase (one row each)
-- writes: nothing; one row per state
-- params: none
SELECT
    p.status,
    count(*) AS purchases
FROM purchase AS p
WHERE p.status NOT IN ('CONFIRMED', 'REFUNDED')
GROUP BY p.status
ORDER BY p.status
