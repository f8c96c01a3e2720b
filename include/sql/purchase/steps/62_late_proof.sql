-- purpose: money that was taken for an expired purchase goes back.
-- reads: standing (purchase)
-- writes: purchase (EXPIRED to REFUND_DUE)
-- params: as_of
UPDATE purchase AS p SET
    status = 'REFUND_DUE',
    status_at = :as_of,
    status_reason = 'proved paid after it had expired',
    paid_at = s.paid_at
FROM standing AS s
WHERE p.purchase_id = s.purchase_id AND p.status = 'EXPIRED' AND s.is_paid_in_part
