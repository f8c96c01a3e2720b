-- purpose: up to which amount the storefront's kept cards are charged without a second person.
-- reads: nothing
-- writes: payment_band (one row per currency)
-- params: storefront, currencies, usual_at_most_minor
INSERT INTO payment_band (storefront, currency, usual_at_most_minor)
SELECT
    :storefront,
    c.currency,
    :usual_at_most_minor
FROM unnest(cast(:currencies AS text[])) AS c (currency)
ORDER BY c.currency
ON CONFLICT (storefront, currency) DO UPDATE SET
    usual_at_most_minor = excluded.usual_at_most_minor
