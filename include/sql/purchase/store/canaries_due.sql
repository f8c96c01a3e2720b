-- purpose: the gateways of storefronts that are closed, by the money that their purchases were begun with
--   last; each is tried once an instant.
-- reads: store_control, purchase, purchase_tender, card_registration, store_canary
-- writes: nothing; one row per storefront and gateway
-- params: as_of
SELECT DISTINCT ON (s.storefront, t.gateway)
    s.storefront,
    t.gateway,
    t.currency,
    r.profile,
    r.token
FROM store_control AS s
INNER JOIN purchase AS p ON s.storefront = p.storefront
INNER JOIN purchase_tender AS t ON p.purchase_id = t.purchase_id
LEFT JOIN card_registration AS r
    ON s.canary_card_id = r.card_registration_id AND t.gateway = r.gateway
WHERE
    s.status = 'CLOSED'
    AND p.captured_at > s.closed_at - interval '1 day'
    AND NOT EXISTS (
        SELECT FROM store_canary AS c
        WHERE c.storefront = s.storefront AND c.gateway = t.gateway AND c.tried_at = :as_of
    )
ORDER BY s.storefront, t.gateway, p.captured_at DESC, t.payment_ref
