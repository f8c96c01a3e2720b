-- purpose: how a canary went.
-- reads: nothing
-- writes: store_canary (one row)
-- params: storefront, gateway, as_of, problem (null: it is green)
INSERT INTO store_canary (storefront, gateway, tried_at, green, problem)
VALUES (
    :storefront, :gateway, :as_of, cast(:problem AS text) IS NULL, cast(:problem AS text)
)
ON CONFLICT (storefront, gateway, tried_at) DO NOTHING
