-- purpose: Banks to which a gateway is said to pay, and that are no partners.
-- reads: new_payout_route (one row per gateway and currency), partner (one row per partner)
-- writes: rows gateway, bank
-- params: none
SELECT
    n.gateway,
    n.bank
FROM new_payout_route AS n
LEFT JOIN partner AS p ON p.partner_id = n.bank AND p.kind = 'BANK'
WHERE p.partner_id IS NULL
ORDER BY n.gateway, n.bank
