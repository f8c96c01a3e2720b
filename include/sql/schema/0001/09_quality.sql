-- purpose: tables as the quality suites look at them: one row per thing, one column per question.
--   check_quality fills them anew, so that all expectations of a run look at the same moment.

CREATE MATERIALIZED VIEW quality_order_entry AS
SELECT
    e.entry_row_id,
    e.status,
    e.entry_id,
    e.line_no,
    e.order_ref,
    e.customer_ref,
    e.storefront,
    e.currency,
    e.captured_at,
    e.quantity,
    e.line_total_minor - (e.quantity::numeric * e.unit_price_minor + e.freight_minor)
        AS line_difference_minor,
    free_text_of(e) <> mask_card_numbers(free_text_of(e)) AS holds_card_number
FROM order_entry AS e
WHERE e.status IN ('VALID', 'NORMALISED')
WITH NO DATA;
COMMENT ON MATERIALIZED VIEW quality_order_entry IS
'The rows of order_entry that were taken for sound.';

CREATE MATERIALIZED VIEW quality_order AS
SELECT
    b.order_ref,
    b.currency,
    b.status,
    b.total_minor,
    b.lines_minor,
    b.lines,
    b.vendors,
    b.payments,
    CASE WHEN b.lines > 0 AND b.payments > 0 THEN b.difference_minor END AS difference_minor,
    CASE
        WHEN b.status IN ('VERIFIED', 'READY_FOR_SHIPPING')
            THEN greatest(b.total_minor - b.captured_minor, 0)
    END AS unpaid_minor
FROM order_balance AS b
ORDER BY b.order_ref
WITH NO DATA;
COMMENT ON MATERIALIZED VIEW quality_order IS
'One row per order. The difference (captured less total) is null where lines or payments are
missing; unpaid is what is missing of orders that go to vendors.';

CREATE MATERIALIZED VIEW quality_settlement_line AS
SELECT
    s.settlement_line_id,
    s.gateway,
    s.kind,
    s.currency,
    s.booked_at,
    CASE WHEN s.currency = s.settlement_currency THEN s.gross_minor - s.fee_minor - s.net_minor END
        AS line_difference_minor,
    CASE
        WHEN s.kind IN ('charge', 'refund', 'chargeback') THEN coalesce(s.order_ref, s.gateway_ref)
        ELSE s.kind
    END AS reference,
    CASE WHEN s.kind = 'charge' THEN s.gateway || ' ' || coalesce(s.order_ref, s.gateway_ref) END
        AS charge
FROM settlement_line AS s
ORDER BY s.settlement_line_id
WITH NO DATA;
COMMENT ON MATERIALIZED VIEW quality_settlement_line IS
'One row per settlement line. The difference is null where the line was paid out in another
currency; charge is the gateway with the reference of what was sold.';
