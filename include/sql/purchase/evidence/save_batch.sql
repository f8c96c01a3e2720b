-- purpose: keep a closed batch that was read to its end.
-- reads: seen (transaction)
-- writes: settled_batch (one row)
-- params: gateway, batch_id, closed_at, as_of
INSERT INTO settled_batch (gateway, batch_id, closed_at, transactions, read_at)
SELECT
    :gateway,
    :batch_id,
    cast(:closed_at AS timestamptz) AS closed_at,
    count(s.our_ref) AS transactions,
    cast(:as_of AS timestamptz) AS read_at
FROM seen AS s
ON CONFLICT (gateway, batch_id) DO NOTHING
