-- purpose: Take the only turn at some vendors until the transaction ends, in the order of their ids.
-- reads: partner (one row per vendor)
-- writes: nothing; locks the rows
-- params: vendor_ids (text[])
SELECT p.partner_id FROM partner AS p
WHERE p.partner_id = ANY(CAST(:vendor_ids AS text[]))
ORDER BY p.partner_id
FOR NO KEY UPDATE
