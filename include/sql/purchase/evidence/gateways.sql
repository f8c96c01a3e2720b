-- purpose: the gateways of the claimed purchases, and since when each may have acted for one of them.
-- reads: purchase (one row each), purchase_reference (reference)
-- writes: nothing; one row per gateway
-- params: token
SELECT
    r.gateway,
    min(r.begun_at) AS since,
    count(DISTINCT r.purchase_id) AS purchases
FROM purchase AS p
INNER JOIN purchase_reference AS r ON p.purchase_id = r.purchase_id
WHERE p.fencing_token = :token AND p.lease_until IS NOT NULL
GROUP BY r.gateway
ORDER BY r.gateway
