-- purpose: write to which bank each gateway pays a currency.
-- reads: new_payout_route (one row per gateway and currency)
-- writes: payout_route
-- params: none
INSERT INTO payout_route (gateway, currency, bank)
SELECT
    n.gateway,
    n.currency,
    n.bank
FROM new_payout_route AS n
ORDER BY n.gateway, n.currency
