-- purpose: A vendor order whose message the vendor's system rejected, or took with errors, by its latest 997 or
--   CONTRL, and that the vendor has not answered since.
-- severity: high
-- grace: 0
-- remedy: Read segment and reason in the evidence, and what was said; correct what it names (often an article or
--   address that the vendor does not know), and give the vendor the order by another way: what went once is
--   not sent again.
-- resolves: a later receipt accepts it, or the vendor answers the order
-- reads: vendor_order (one row per vendor order, WRITTEN to RECEIPTED), vendor_order_receipt (one row per order
--   with a receipt), sales_order, effect, source_file (one row each)
-- writes: one row per vendor order
-- params: as_of
SELECT
    v.vendor_order_no AS subject,
    v.vendor_id AS partner_id,
    o.total_minor AS amount_minor,
    o.currency,
    r.answered_at AS since,
    ARRAY[
        'partner:' || v.vendor_id, 'vendor_order:' || v.vendor_order_no, 'order:' || o.order_ref
    ] AS keys,
    jsonb_build_object(
        'verdict', r.verdict, 'segment', r.error_segment, 'position', r.error_position,
        'code', r.error_code, 'reason', r.reason, 'said', r.said, 'receipt', f.name,
        'target', e.target, 'control_no', e.facts ->> 'control_no', 'message_no', v.message_no
    ) AS evidence
FROM vendor_order AS v
INNER JOIN vendor_order_receipt AS r ON v.vendor_order_id = r.vendor_order_id
INNER JOIN sales_order AS o ON v.sales_order_id = o.sales_order_id
INNER JOIN effect AS e ON v.effect_id = e.effect_id
INNER JOIN source_file AS f ON r.source_file_id = f.source_file_id
WHERE
    v.status IN ('WRITTEN', 'DELIVERED', 'RECEIPTED')
    AND r.verdict <> 'accepted'
    AND f.received_at <= :as_of
