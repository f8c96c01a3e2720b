-- purpose: how long a gateway's list was.
-- reads: seen (transaction)
-- writes: nothing; one row
-- params: none
SELECT count(*) AS transactions
FROM seen
