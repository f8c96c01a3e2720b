-- purpose: The lines that may be left by the exact pass: all but those whose gateway_ref, kind, currency and
--   amount are those of one open payment, and of no other line. Only such a line may be about a payment
--   that is settled already. Rows are told apart by a number made of their key. Runs in DuckDB.
-- reads: open_lines (one row per line), open_payments (one row per payment)
-- writes: rows gateway, gateway_ref, order_ref
WITH
keyed_lines AS (
    SELECT
        gateway,
        gateway_ref,
        order_ref,
        kind,
        currency,
        abs(gross_minor) AS size_minor,
        hash(gateway, gateway_ref, kind, currency, abs(gross_minor)) AS code
    FROM open_lines
),

keyed_payments AS (
    SELECT
        gateway,
        gateway_ref,
        kind,
        currency,
        amount_minor,
        hash(gateway, gateway_ref, kind, currency, amount_minor) AS code
    FROM open_payments
),

sure AS (
    SELECT l.code
    FROM keyed_lines AS l
    INNER JOIN keyed_payments AS p
        ON
            l.code = p.code
            AND l.gateway = p.gateway
            AND l.gateway_ref = p.gateway_ref
            AND l.kind = p.kind
            AND l.currency = p.currency
            AND l.size_minor = p.amount_minor
    GROUP BY l.code
    HAVING count(*) = 1
)

SELECT
    l.gateway,
    l.gateway_ref,
    l.order_ref
FROM keyed_lines AS l
ANTI JOIN sure AS s ON l.code = s.code
