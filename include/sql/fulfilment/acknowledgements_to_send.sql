-- purpose: The planned functional acknowledgements of some vendors that are not known to have arrived.
-- reads: effect (one row per file)
-- writes: nothing; returns one row per file
-- params: vendor_ids (text[])
SELECT e.effect_id FROM effect AS e
WHERE
    e.partner_id = ANY(CAST(:vendor_ids AS text[]))
    AND e.effect_key LIKE 'FUNCTIONAL\_ACK\:%'
    AND e.status <> 'CONFIRMED'
ORDER BY e.effect_id
