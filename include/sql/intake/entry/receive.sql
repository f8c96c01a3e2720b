-- purpose: keep receipts of entries; one that has a receipt keeps the one it has.
-- reads: nothing
-- writes: entry_receipt (entry); returns the entries that had none
-- params: receipts (JSON list of objects with entry_id and body_sha256), received_at
INSERT INTO entry_receipt AS r (entry_id, body_sha256, received_at)
SELECT
    n.entry_id,
    n.body_sha256,
    :received_at
FROM jsonb_to_recordset(cast(:receipts AS jsonb)) AS n (entry_id uuid, body_sha256 text)
-- two processes that receive the same entries take them in one order, so that neither waits for ever
ORDER BY n.entry_id
ON CONFLICT (entry_id) DO NOTHING
RETURNING r.entry_id::text AS entry_id
