-- purpose: sales that have ended, which no certificate has counted as ended yet.
-- reads: sale (sale)
-- writes: certified_sale (one row each)
-- params: certificate_id
UPDATE certified_sale AS c SET
    ended_in = :certificate_id,
    fate = s.fate
FROM sale AS s
WHERE c.entry_id = s.entry_id AND c.ended_in IS NULL AND s.fate IS NOT NULL
