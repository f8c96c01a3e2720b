-- purpose: remove the banks to which the gateways paid, before they are written anew.
-- reads: new_payout_terms (one row per gateway)
-- writes: payout_route (rows of these gateways are deleted)
-- params: none
DELETE FROM payout_route
USING new_payout_terms AS n
WHERE n.gateway = payout_route.gateway
