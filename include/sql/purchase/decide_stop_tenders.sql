-- purpose: what a person has found not to be paid is not charged by itself any more.
-- reads: purchase (one row), purchase_tender (tender)
-- writes: tender (HELD or DUE to STOPPED)
-- params: entry_id, reason, at
UPDATE tender AS t SET
    status = 'STOPPED',
    status_at = :at,
    status_reason = :reason
FROM purchase AS p
INNER JOIN purchase_tender AS k ON p.purchase_id = k.purchase_id
WHERE
    p.entry_id = cast(:entry_id AS uuid)
    AND t.payment_ref = k.payment_ref
    AND t.status IN ('HELD', 'DUE')
