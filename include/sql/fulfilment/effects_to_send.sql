-- purpose: The planned purchase-order files of some vendors that are not known to have arrived.
-- reads: vendor_order (one row per order and vendor, WRITTEN), effect
-- writes: nothing; returns one row per file
-- params: vendor_ids (text[])
SELECT e.effect_id FROM effect AS e
WHERE
    e.status <> 'CONFIRMED'
    AND e.effect_id IN (
        SELECT o.effect_id FROM vendor_order AS o
        WHERE o.status = 'WRITTEN' AND o.vendor_id = ANY(CAST(:vendor_ids AS text[]))
    )
ORDER BY e.effect_id
