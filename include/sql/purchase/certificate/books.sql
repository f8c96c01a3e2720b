-- purpose: the sums that the database keeps of all certificates.
-- reads: certificate, certified_sum (one row each)
-- writes: nothing; one row per certificate, currency and fate
-- params: none
SELECT
    c.day,
    s.currency,
    s.fate,
    s.sales,
    s.amount_minor
FROM certificate AS c
INNER JOIN certified_sum AS s ON c.certificate_id = s.certificate_id
ORDER BY c.day, s.currency, s.fate
