-- purpose: Why the orders of vendors could not be put into a file.
-- reads: the pairs of a vendor and what is wrong
-- writes: vendor_order (PLANNED; not_written)
-- params: vendor_ids (text[]), reasons (text[], same order)
UPDATE vendor_order AS o
SET not_written = w.reason
FROM
    unnest(CAST(:vendor_ids AS text[]), CAST(:reasons AS text[])) AS w (vendor_id, reason)
WHERE o.status = 'PLANNED' AND o.vendor_id = w.vendor_id
