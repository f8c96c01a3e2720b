-- purpose: whether there are paid purchases whose entries wait to become orders that are paid.
-- reads: purchase (one row each)
-- writes: nothing; one row
-- params: none
SELECT count(*) AS waiting
FROM purchase AS p
WHERE p.status = 'PAID'
