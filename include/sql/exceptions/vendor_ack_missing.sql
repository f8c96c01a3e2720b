-- purpose: A vendor order that went out more than 24 business hours ago and has no answer.
-- severity: medium
-- grace: 4 business hours
-- inhibited-by: FILE_REFUSED by partner, PARTNER_UNREACHABLE by partner, VENDOR_FILE_REJECTED by vendor_order,
--   VENDOR_FILE_UNACKNOWLEDGED by vendor_order
-- remedy: Ask the vendor whether the order arrived; the delivery record has the file's name and hash.
-- resolves: the acknowledgement arrives
-- reads: vendor_order (one row per vendor order), vendor_answer (one row per answered line), partner,
--   sales_order, effect (one row each)
-- writes: one row per vendor order
-- params: as_of
SELECT
    v.vendor_order_no AS subject,
    v.vendor_id AS partner_id,
    o.total_minor AS amount_minor,
    o.currency,
    v.status_at AS since,
    ARRAY[
        'partner:' || v.vendor_id, 'vendor_order:' || v.vendor_order_no, 'order:' || o.order_ref
    ] AS keys,
    jsonb_build_object(
        'delivered_at', v.status_at, 'effect_id', v.effect_id, 'target', e.target
    ) AS evidence
FROM vendor_order AS v
INNER JOIN partner AS p ON p.partner_id = v.vendor_id
INNER JOIN sales_order AS o ON o.sales_order_id = v.sales_order_id
LEFT JOIN effect AS e ON e.effect_id = v.effect_id
LEFT JOIN vendor_answer AS a ON a.vendor_order_no = v.vendor_order_no
WHERE
    v.status IN ('DELIVERED', 'RECEIPTED')
    AND a.vendor_answer_id IS NULL
    AND v.status_at <= cast(:as_of AS timestamptz) - interval '24 hours'
    AND add_business_hours(p.calendar_id, p.zone, v.status_at, 24) <= :as_of
