-- purpose: how far the fulfilment of each paid order is, and the daily certificates of what was paid and
--   what became of it.

CREATE VIEW order_fulfilment AS
SELECT
    o.sales_order_id,
    o.status = 'READY_FOR_SHIPPING' OR NOT coalesce(g.has_goods, FALSE) AS is_sent,
    coalesce(g.is_delivered, TRUE)
    AND coalesce(a.is_open, TRUE)
    AND coalesce(s.is_active, TRUE)
    AND (g.has_goods OR a.is_open OR s.is_active) AS is_delivered,
    greatest(g.delivered_at, a.opened_at, s.active_at) AS delivered_at
FROM sales_order AS o
LEFT JOIN LATERAL (
    SELECT
        TRUE AS has_goods,
        bool_and(
            l.quantity <= coalesce(v.delivered, 0) + coalesce(w.dispatched, 0)
            + coalesce(w.cancelled, 0)
        ) AS is_delivered,
        max(greatest(v.delivered_at, w.dispatched_at)) AS delivered_at
    FROM order_line AS l
    LEFT JOIN LATERAL (
        SELECT
            sum(s.quantity) AS delivered,
            max(c.delivered_at) AS delivered_at
        FROM vendor_order_line AS i
        INNER JOIN shipment_line AS s ON i.vendor_order_line_id = s.vendor_order_line_id
        INNER JOIN parcel AS c ON s.parcel_id = c.parcel_id AND c.status = 'DELIVERED'
        WHERE i.order_line_id = l.order_line_id
    ) AS v ON TRUE
    LEFT JOIN LATERAL (
        SELECT
            k.dispatched,
            k.cancelled,
            (
                SELECT max(m.occurred_at) FROM stock_movement AS m
                WHERE m.order_line_id = l.order_line_id AND m.kind = 'DISPATCH'
            ) AS dispatched_at
        FROM order_line_stock AS k
        WHERE k.order_line_id = l.order_line_id
    ) AS w ON TRUE
    WHERE l.sales_order_id = o.sales_order_id AND l.vendor_id IS NOT NULL
    HAVING count(*) > 0
) AS g ON TRUE
LEFT JOIN LATERAL (
    SELECT
        bool_and(e.status = 'CONFIRMED') AS is_open,
        max(e.status_at) AS opened_at
    FROM order_account AS c
    INNER JOIN effect AS e ON c.effect_id = e.effect_id
    WHERE c.sales_order_id = o.sales_order_id
) AS a ON TRUE
LEFT JOIN LATERAL (
    SELECT
        bool_and(v.status = 'ACTIVE') AS is_active,
        max(v.status_at) AS active_at
    FROM order_line AS l
    INNER JOIN service AS v ON l.order_line_id = v.order_line_id
    INNER JOIN product AS p ON l.sku = p.sku
    WHERE l.sales_order_id = o.sales_order_id AND (v.needs_end_user OR p.accounts = '{}')
) AS s ON TRUE;
COMMENT ON VIEW order_fulfilment IS
'How far each order is. Its goods are delivered when the carriers have delivered what the vendors
shipped, and the warehouse has dispatched what was our own; a service is delivered when the accounts
that it opens are open, or, where it opens none or waits for an end user, when it is active.';

CREATE TABLE certificate (
    certificate_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day date NOT NULL UNIQUE,
    as_of timestamptz NOT NULL,
    hash text NOT NULL UNIQUE,
    previous_hash text UNIQUE,
    size_bytes bigint NOT NULL,
    sales bigint NOT NULL,
    listed bigint NOT NULL
);
CREATE TRIGGER certificate_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON certificate
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE certificate IS
'One row per certified business day; the certificate is in the archive under its hash, which is
that of its bytes (SHA-256). Each holds the hash of the one before.';

CREATE TABLE certified_sum (
    certificate_id bigint NOT NULL REFERENCES certificate,
    currency char(3) NOT NULL,
    fate text NOT NULL CHECK (fate IN (
        'OPENING', 'PAID', 'DELIVERED', 'REFUNDED', 'UNDER_WAY', 'LISTED'
    )),
    sales bigint NOT NULL,
    amount_minor bigint NOT NULL,
    PRIMARY KEY (certificate_id, currency, fate)
);
CREATE TRIGGER certified_sum_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON certified_sum
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE certified_sale (
    entry_id uuid PRIMARY KEY,
    currency char(3) NOT NULL,
    paid_minor bigint NOT NULL,
    paid_at timestamptz NOT NULL,
    paid_in bigint NOT NULL REFERENCES certificate DEFERRABLE INITIALLY DEFERRED,
    ended_in bigint REFERENCES certificate DEFERRABLE INITIALLY DEFERRED,
    fate text CHECK (fate IN ('DELIVERED', 'REFUNDED')),
    CHECK ((ended_in IS NULL) = (fate IS NULL))
);
CREATE INDEX certified_sale_open ON certified_sale (entry_id) WHERE ended_in IS NULL;
COMMENT ON TABLE certified_sale IS
'Each paid sale, in which certificate it was counted as paid, and in which as delivered or refunded.
What becomes known late is counted in the next certificate; none is written anew.';
