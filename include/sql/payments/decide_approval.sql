-- purpose: the second person's word on a charge; the one who asked for it is not a second person.
-- reads: tender (one row)
-- writes: payment_approval (at most one row)
-- params: payment_ref, status, decided_by, reason, as_of
UPDATE payment_approval AS a
SET
    status = :status,
    decided_by = :decided_by,
    status_reason = :reason,
    status_at = :as_of
FROM tender AS t
WHERE
    a.payment_ref = :payment_ref
    AND a.payment_ref = t.payment_ref
    AND a.status = 'ASKED'
    AND t.asked_by <> :decided_by
