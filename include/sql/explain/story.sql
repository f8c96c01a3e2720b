-- purpose: All that is known about one reference, in the order of time: an order, a payment (our
--   reference or the gateway's), a vendor order, a tracking number, `line:<settlement_line_id>` or
--   `case:<exception_case_id>`. Each row says from which file and line it comes.
-- reads: order_entry, quarantine, sales_order, payment, vendor_order, vendor_answer, vendor_receipt,
--   shipment_line, parcel, tracking_event, settlement_line, settlement_match, exception_case, status_history,
--   effect, source_file (one row each)
-- writes: rows at, what, amount_minor, currency, file_name, sha256, file_line
-- params: id
WITH
asked AS MATERIALIZED (
    SELECT cast(:id AS text) AS ref
    UNION
    SELECT substr(k.key, strpos(k.key, ':') + 1) AS ref
    FROM exception_case AS c
    CROSS JOIN LATERAL unnest(c.keys) AS k (key)
    WHERE
        'case:' || c.exception_case_id = :id
        AND split_part(k.key, ':', 1) IN ('order', 'payment', 'vendor_order', 'gateway_ref')
    UNION
    SELECT r.ref
    FROM settlement_line AS l
    CROSS JOIN LATERAL (VALUES (l.order_ref), (l.gateway_ref)) AS r (ref)
    WHERE 'line:' || l.settlement_line_id = :id AND r.ref IS NOT NULL
),

orders AS MATERIALIZED (
    SELECT o.sales_order_id
    FROM sales_order AS o
    INNER JOIN asked AS a ON a.ref = o.order_ref
    UNION
    SELECT p.sales_order_id
    FROM payment AS p
    INNER JOIN asked AS a ON a.ref = p.payment_ref
    UNION
    SELECT p.sales_order_id
    FROM payment AS p
    INNER JOIN asked AS a ON a.ref = p.gateway_ref
    UNION
    SELECT v.sales_order_id
    FROM vendor_order AS v
    INNER JOIN asked AS a ON a.ref = v.vendor_order_no
    UNION
    SELECT v.sales_order_id
    FROM parcel AS c
    INNER JOIN asked AS a ON a.ref = c.tracking_no
    INNER JOIN vendor_order AS v ON v.vendor_order_id = c.vendor_order_id
),

known_orders AS MATERIALIZED (
    SELECT s.*
    FROM sales_order AS s
    INNER JOIN orders AS o ON o.sales_order_id = s.sales_order_id
),

payments AS MATERIALIZED (
    SELECT p.*
    FROM payment AS p
    INNER JOIN orders AS o ON o.sales_order_id = p.sales_order_id
),

vendor_orders AS MATERIALIZED (
    SELECT v.*
    FROM vendor_order AS v
    INNER JOIN orders AS o ON o.sales_order_id = v.sales_order_id
),

refs AS MATERIALIZED (
    SELECT a.ref FROM asked AS a
    UNION
    SELECT k.order_ref AS ref FROM known_orders AS k
    UNION
    SELECT p.payment_ref AS ref FROM payments AS p
    UNION
    SELECT p.gateway_ref AS ref FROM payments AS p
    WHERE p.gateway_ref IS NOT NULL
    UNION
    SELECT v.vendor_order_no AS ref FROM vendor_orders AS v
),

lines AS MATERIALIZED (
    SELECT l.*
    FROM settlement_line AS l
    WHERE
        l.order_ref IN (SELECT r.ref FROM refs AS r)
        OR l.gateway_ref IN (SELECT r.ref FROM refs AS r)
        OR 'line:' || l.settlement_line_id = :id
),

entries AS MATERIALIZED (
    SELECT e.*
    FROM order_entry AS e
    WHERE
        e.order_ref IN (SELECT r.ref FROM refs AS r)
        OR e.entry_id::text = :id
),

cases AS MATERIALIZED (
    SELECT c.*
    FROM exception_case AS c
    WHERE
        'case:' || c.exception_case_id = :id
        OR c.subject IN (SELECT r.ref FROM refs AS r)
        OR c.keys && ARRAY(
            SELECT k.kind || r.ref
            FROM refs AS r
            CROSS JOIN (VALUES ('order:'), ('payment:'), ('vendor_order:')) AS k (kind)
        )
),

told AS (
    SELECT
        e.captured_at AS at,
        'order ' || coalesce(e.order_ref, '?') || ' entered: line ' || coalesce(e.line_no, 0)
        || ', ' || coalesce(e.quantity || ' x ' || e.sku, 'no product') || ' (' || e.status || ')'
            AS what,
        e.line_total_minor AS amount_minor,
        e.currency,
        e.spool AS file_name,
        NULL::text AS sha256,
        e.spool_seq::integer AS file_line
    FROM entries AS e
    UNION ALL
    SELECT
        q.first_seen_at AS at,
        'row set aside: ' || q.reason || ' ' || q.remedy || ' (' || q.status || ')' AS what,
        NULL AS amount_minor,
        NULL AS currency,
        f.name AS file_name,
        f.sha256,
        q.line_no AS file_line
    FROM quarantine AS q
    INNER JOIN entries AS e ON e.entry_row_id = q.entry_row_id
    LEFT JOIN source_file AS f ON f.source_file_id = q.source_file_id
    UNION ALL
    SELECT
        h.occurred_at AS at,
        'order ' || o.order_ref || ' is ' || h.to_state || coalesce(': ' || h.reason, '') AS what,
        CASE WHEN h.from_state = '' THEN o.total_minor END AS amount_minor,
        o.currency,
        NULL AS file_name,
        NULL AS sha256,
        NULL AS file_line
    FROM known_orders AS o
    INNER JOIN status_history AS h
        ON h.machine = 'sales_order' AND h.subject_id = o.sales_order_id
    UNION ALL
    SELECT
        p.captured_at AS at,
        'payment ' || p.payment_ref || ' ' || lower(p.state) || ' by ' || p.method
        || coalesce(' through ' || p.gateway, '') || coalesce(' as ' || p.gateway_ref, '') AS what,
        p.amount_minor,
        p.currency,
        NULL AS file_name,
        NULL AS sha256,
        NULL AS file_line
    FROM payments AS p
    UNION ALL
    SELECT
        h.occurred_at AS at,
        'vendor order ' || v.vendor_order_no || ' is ' || h.to_state
        || coalesce(': ' || h.reason, '') AS what,
        NULL AS amount_minor,
        NULL AS currency,
        CASE WHEN h.to_state = 'DELIVERED' THEN e.target END AS file_name,
        CASE WHEN h.to_state = 'DELIVERED' THEN e.sha256 END AS sha256,
        NULL AS file_line
    FROM vendor_orders AS v
    INNER JOIN status_history AS h
        ON h.machine = 'vendor_order' AND h.subject_id = v.vendor_order_id
    LEFT JOIN effect AS e ON e.effect_id = v.effect_id
    UNION ALL
    SELECT
        a.answered_at AS at,
        a.vendor_id || ' answers ' || a.vendor_order_no || ' line ' || a.line_no || ': '
        || a.accepted || ' accepted, ' || a.rejected || ' rejected, ' || a.backordered
        || ' on back order' || coalesce(' (' || a.reason || ')', '') AS what,
        NULL AS amount_minor,
        NULL AS currency,
        f.name AS file_name,
        f.sha256,
        a.file_line
    FROM vendor_answer AS a
    INNER JOIN vendor_orders AS v ON v.vendor_order_no = a.vendor_order_no
    INNER JOIN source_file AS f ON f.source_file_id = a.source_file_id
    UNION ALL
    SELECT
        r.answered_at AS at,
        'system of ' || r.vendor_id || ' on ' || v.vendor_order_no || ': ' || r.verdict
        || coalesce(', ' || r.error_segment, '') || coalesce(' at ' || r.error_position, '')
        || coalesce(' (' || coalesce(r.reason, 'code ' || r.error_code) || ')', '') AS what,
        NULL AS amount_minor,
        NULL AS currency,
        f.name AS file_name,
        f.sha256,
        r.file_line
    FROM vendor_receipt AS r
    INNER JOIN vendor_orders AS v
        ON r.effect_id = v.effect_id AND coalesce(r.message_no = v.message_no, TRUE)
    INNER JOIN source_file AS f ON f.source_file_id = r.source_file_id
    UNION ALL
    SELECT
        s.shipped_at AS at,
        s.vendor_id || ' ships ' || s.vendor_order_no || ' line ' || s.line_no || ': ' || s.quantity
        || ' by ' || s.carrier || ' ' || s.tracking_no AS what,
        NULL AS amount_minor,
        NULL AS currency,
        f.name AS file_name,
        f.sha256,
        s.file_line
    FROM shipment_line AS s
    INNER JOIN vendor_orders AS v ON v.vendor_order_no = s.vendor_order_no
    INNER JOIN source_file AS f ON f.source_file_id = s.source_file_id
    UNION ALL
    SELECT
        t.occurred_at AS at,
        t.carrier || ' ' || t.tracking_no || ': ' || t.status || coalesce(', ' || t.location, '')
            AS what,
        NULL AS amount_minor,
        NULL AS currency,
        f.name AS file_name,
        f.sha256,
        t.file_line
    FROM tracking_event AS t
    INNER JOIN parcel AS c ON c.parcel_id = t.parcel_id
    INNER JOIN vendor_orders AS v ON v.vendor_order_id = c.vendor_order_id
    INNER JOIN source_file AS f ON f.source_file_id = t.source_file_id
    UNION ALL
    SELECT
        l.booked_at AS at,
        l.gateway || ' settles ' || coalesce(l.order_ref, l.gateway_ref, '?') || ' ('
        || l.kind || ', line:' || l.settlement_line_id || ')'
        || coalesce(
            ', in a file that does not tie, accepted by '
            || (f.facts -> 'accepted_unbalanced' ->> 'by') || ' ('
            || (f.facts -> 'accepted_unbalanced' ->> 'reason') || ')',
            ''
        ) AS what,
        l.gross_minor AS amount_minor,
        l.currency,
        f.name AS file_name,
        f.sha256,
        l.file_line
    FROM lines AS l
    INNER JOIN source_file AS f ON f.source_file_id = l.source_file_id
    UNION ALL
    SELECT
        m.matched_at AS at,
        'payment ' || p.payment_ref || ' matched with line:' || m.settlement_line_id || ' by '
        || replace(m.pass, '_', ' ') || ' (match:' || m.match_no || ')' || CASE
            WHEN m.variance_minor <> 0 THEN ', variance ' || m.variance_minor || ' minor units'
            ELSE ''
        END AS what,
        m.amount_minor,
        p.currency,
        NULL AS file_name,
        NULL AS sha256,
        NULL AS file_line
    FROM settlement_match AS m
    INNER JOIN payments AS p ON p.payment_id = m.payment_id
    UNION ALL
    SELECT
        m.undone_at AS at,
        'payment ' || p.payment_ref || ' parted from line:' || m.settlement_line_id || ' by '
        || m.undone_by || ': ' || m.undone_why AS what,
        m.amount_minor,
        p.currency,
        NULL AS file_name,
        NULL AS sha256,
        NULL AS file_line
    FROM settlement_match AS m
    INNER JOIN payments AS p ON p.payment_id = m.payment_id
    WHERE m.undone_at IS NOT NULL
    UNION ALL
    SELECT
        h.occurred_at AS at,
        'case:' || c.exception_case_id || ' ' || c.code || ' ' || c.subject || ' is ' || h.to_state
        || coalesce(': ' || h.reason, '') AS what,
        CASE WHEN h.from_state = '' THEN c.amount_minor END AS amount_minor,
        c.currency,
        NULL AS file_name,
        NULL AS sha256,
        NULL AS file_line
    FROM cases AS c
    INNER JOIN status_history AS h
        ON h.machine = 'exception_case' AND h.subject_id = c.exception_case_id
)

SELECT
    t.at,
    t.what,
    t.amount_minor,
    t.currency::text AS currency,
    t.file_name,
    t.sha256,
    t.file_line
FROM told AS t
ORDER BY t.at ASC NULLS LAST, t.what ASC
