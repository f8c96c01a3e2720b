-- purpose: A vendor order that was not shipped by the end of the business day after its promise. What the
--   vendor rejected or put on back order is not waited for. One that was shipped too late stays in
--   sight for three days after its notice came, so that it is seen even if it came in one go.
-- severity: low
-- grace: 0
-- inhibited-by: FILE_REFUSED by partner, VENDOR_REJECTED by vendor_order, PARTNER_UNREACHABLE by partner,
--   VENDOR_FILE_REJECTED by vendor_order, VENDOR_FILE_UNACKNOWLEDGED by vendor_order
-- remedy: Ask the vendor for a new date and tell the customer.
-- resolves: everything accepted is shipped
-- reads: vendor_order (one row per vendor order), vendor_order_line, order_line, shipment_line (one row
--   per line), sales_order, partner, source_file (one row each), business_day (one row per day)
-- writes: one row per vendor order
-- params: as_of
WITH promised AS (
    SELECT
        v.vendor_order_id,
        v.vendor_order_no,
        v.vendor_id,
        v.status,
        o.order_ref,
        o.currency,
        d.day AS promised_on,
        d.day::timestamp AT TIME ZONE p.zone AS since,
        (n.day + 1)::timestamp AT TIME ZONE p.zone AS deadline
    FROM vendor_order AS v
    INNER JOIN sales_order AS o ON o.sales_order_id = v.sales_order_id
    INNER JOIN partner AS p ON p.partner_id = v.vendor_id
    INNER JOIN business_day AS d
        ON d.calendar_id = p.calendar_id AND d.day = coalesce(v.ship_by, o.promised_on)
    INNER JOIN business_day AS n
        ON n.calendar_id = d.calendar_id AND n.is_business AND n.number = d.number + 1
    WHERE
        v.status IN ('DELIVERED', 'RECEIPTED', 'ACCEPTED', 'PARTIAL', 'BACKORDERED', 'SHIPPED')
),

shipped AS (
    SELECT
        d.vendor_order_id,
        s.line_no,
        sum(s.quantity) AS quantity,
        sum(s.quantity) FILTER (WHERE s.shipped_at < d.deadline) AS in_time,
        max(s.shipped_at) AS shipped_at,
        max(f.received_at) AS told_at
    FROM promised AS d
    INNER JOIN shipment_line AS s ON s.vendor_order_no = d.vendor_order_no
    INNER JOIN source_file AS f ON f.source_file_id = s.source_file_id
    WHERE d.deadline <= :as_of
    GROUP BY d.vendor_order_id, s.line_no
),

late_lines AS (
    SELECT
        d.vendor_order_id,
        sum(i.line_total_minor) AS amount_minor,
        sum(l.quantity - l.rejected - l.backordered - coalesce(s.quantity, 0)) AS missing,
        max(s.shipped_at) AS shipped_at
    FROM promised AS d
    INNER JOIN vendor_order_line AS l ON l.vendor_order_id = d.vendor_order_id
    INNER JOIN order_line AS i ON i.order_line_id = l.order_line_id
    LEFT JOIN shipped AS s ON s.vendor_order_id = l.vendor_order_id AND s.line_no = l.line_no
    WHERE
        d.deadline <= :as_of
        AND l.quantity - l.rejected - l.backordered > coalesce(s.in_time, 0)
        AND (
            l.quantity - l.rejected - l.backordered > coalesce(s.quantity, 0)
            OR s.told_at > cast(:as_of AS timestamptz) - interval '3 days'
        )
    GROUP BY d.vendor_order_id
)

SELECT
    d.vendor_order_no AS subject,
    d.vendor_id AS partner_id,
    t.amount_minor::bigint AS amount_minor,
    d.currency,
    d.since,
    ARRAY[
        'partner:' || d.vendor_id, 'vendor_order:' || d.vendor_order_no, 'order:' || d.order_ref
    ] AS keys,
    jsonb_build_object(
        'promised_on', d.promised_on, 'deadline', d.deadline, 'status', d.status,
        'missing', t.missing, 'shipped_at', t.shipped_at
    ) AS evidence
FROM late_lines AS t
INNER JOIN promised AS d ON d.vendor_order_id = t.vendor_order_id
