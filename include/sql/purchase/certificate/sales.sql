-- purpose: every sale that is paid by the end of a day, and how it ended, if it did. A purchase says so
--   itself; an order whose tenders the storefront reported as captured has none and speaks for itself.
-- reads: purchase (one row each), purchase_tender_state (tender), sales_order (order), payment (tender),
--   order_fulfilment (order), certified_sale
-- writes: temporary table sale (sale that is not certified as ended)
-- params: until
CREATE TEMP TABLE sale ON COMMIT DROP AS
SELECT
    p.entry_id,
    p.order_ref,
    min(t.currency) AS currency,
    sum(t.amount_minor)::bigint AS paid_minor,
    p.paid_at,
    p.status AS standing,
    p.status_at AS standing_since,
    CASE
        WHEN p.status_at >= :until THEN NULL
        WHEN p.status = 'CONFIRMED' THEN 'DELIVERED'
        WHEN p.status = 'REFUNDED' THEN 'REFUNDED'
    END AS fate,
    o.promised_on
FROM purchase AS p
INNER JOIN purchase_tender_state AS t ON p.purchase_id = t.purchase_id AND t.is_captured
LEFT JOIN sales_order AS o ON p.entry_id = o.entry_id
LEFT JOIN certified_sale AS c ON p.entry_id = c.entry_id
WHERE p.paid_at < :until AND c.ended_in IS NULL
GROUP BY p.purchase_id, o.promised_on
UNION ALL
SELECT
    o.entry_id,
    o.order_ref,
    o.currency,
    y.paid_minor,
    y.paid_at,
    o.status AS standing,
    o.status_at AS standing_since,
    CASE
        WHEN r.refunded_minor >= y.paid_minor AND r.refunded_at < :until THEN 'REFUNDED'
        WHEN f.is_delivered AND coalesce(f.delivered_at < :until, FALSE) THEN 'DELIVERED'
    END AS fate,
    o.promised_on
FROM sales_order AS o
INNER JOIN LATERAL (
    SELECT
        sum(a.amount_minor)::bigint AS paid_minor,
        max(a.captured_at) AS paid_at
    FROM payment AS a
    WHERE a.sales_order_id = o.sales_order_id AND a.kind = 'charge' AND a.state = 'CAPTURED'
) AS y ON y.paid_at < :until
LEFT JOIN LATERAL (
    SELECT
        sum(b.amount_minor) AS refunded_minor,
        max(b.captured_at) AS refunded_at
    FROM payment AS b
    WHERE b.sales_order_id = o.sales_order_id AND b.kind = 'refund' AND b.state = 'CAPTURED'
) AS r ON TRUE
INNER JOIN order_fulfilment AS f ON o.sales_order_id = f.sales_order_id
LEFT JOIN certified_sale AS k ON o.entry_id = k.entry_id
WHERE
    o.status IN ('VERIFIED', 'READY_FOR_SHIPPING')
    AND k.ended_in IS NULL
    AND o.entry_id NOT IN (SELECT p.entry_id FROM purchase AS p)
