-- purpose: which of a gateway's closed batches were not read to their end yet.
-- reads: settled_batch (one row each)
-- writes: nothing; one row per batch
-- params: gateway, batch_ids
SELECT b.batch_id
FROM unnest(cast(:batch_ids AS text[])) WITH ORDINALITY AS b (batch_id, place)
LEFT JOIN settled_batch AS k ON k.gateway = :gateway AND b.batch_id = k.batch_id
WHERE k.batch_id IS NULL
ORDER BY b.place
