-- purpose: keep the sums of a certificate.
-- reads: new_sum (one row per currency and fate)
-- writes: certified_sum (one row each)
-- params: certificate_id
INSERT INTO certified_sum (certificate_id, currency, fate, sales, amount_minor)
SELECT
    :certificate_id,
    n.currency,
    n.fate,
    n.sales,
    n.amount_minor
FROM new_sum AS n
ORDER BY n.currency, n.fate
