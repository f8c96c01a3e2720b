-- purpose: sales that no certificate has counted as paid yet.
-- reads: sale (sale)
-- writes: certified_sale (one row each)
-- params: certificate_id
INSERT INTO certified_sale (entry_id, currency, paid_minor, paid_at, paid_in)
SELECT
    s.entry_id,
    s.currency,
    s.paid_minor,
    s.paid_at,
    :certificate_id AS paid_in
FROM sale AS s
ORDER BY s.paid_at, s.entry_id
ON CONFLICT (entry_id) DO NOTHING
