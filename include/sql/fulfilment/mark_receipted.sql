-- purpose: The delivered orders that their vendor's system has taken in.
-- reads: vendor_order_receipt (one row per order with a receipt, its latest)
-- writes: vendor_order (DELIVERED to RECEIPTED)
-- params: vendor_ids (text[]), as_of
UPDATE vendor_order AS o
SET
    status = 'RECEIPTED',
    status_at = CAST(:as_of AS timestamptz),
    status_reason = 'the vendor''s system: ' || r.verdict
FROM vendor_order_receipt AS r
WHERE
    o.status = 'DELIVERED'
    AND o.vendor_id = ANY(CAST(:vendor_ids AS text[]))
    AND o.vendor_order_id = r.vendor_order_id
    AND r.verdict IN ('accepted', 'accepted_with_errors')
