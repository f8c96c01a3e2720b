-- purpose: Gateways that are none of ours.
-- reads: new_rate_card_terms (one row per gateway), gateway_account (one row per gateway)
-- writes: rows gateway
SELECT n.gateway
FROM new_rate_card_terms AS n
WHERE
    NOT EXISTS (
        SELECT 1 FROM gateway_account AS a
        WHERE a.gateway = n.gateway
    )
ORDER BY n.gateway
