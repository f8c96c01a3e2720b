-- purpose: The payments, lines, matches, write-offs, payouts and bank lines that a reference means or touches:
--   an order, payment, gateway or payout reference, line:N, match:N, write-off:N, payout:N, payout-match:N, bank:N,
--   case:N.
-- reads: exception_case, sales_order, payment, settlement_line, settlement_match, settlement_write_off, payout,
--   payout_match, bank_line (one row each)
-- writes: one row: refs (what the story of orders is asked for), payments, lines, matches, write_offs, payouts,
--   bank_lines (bigint[])
-- params: id
WITH asked AS MATERIALIZED (
    SELECT cast(:id AS text) AS ref
    UNION
    SELECT substr(k.key, strpos(k.key, ':') + 1) AS ref
    FROM exception_case AS c
    CROSS JOIN LATERAL unnest(c.keys) AS k (key)
    WHERE
        'case:' || c.exception_case_id = :id
        AND split_part(k.key, ':', 1) IN ('payment', 'order', 'gateway_ref', 'payout')
    UNION
    SELECT 'bank:' || (c.evidence ->> 'bank_line_id') AS ref
    FROM exception_case AS c
    WHERE
        'case:' || c.exception_case_id = :id
        AND c.evidence ->> 'bank_line_id' IS NOT NULL
),

write_offs_asked AS MATERIALIZED (
    SELECT w.*
    FROM settlement_write_off AS w
    WHERE
        w.settlement_write_off_id
        = CASE WHEN :id ~ '^write-off:[0-9]{1,18}$' THEN cast(substr(:id, 11) AS bigint) END
),

edges_asked AS MATERIALIZED (
    SELECT
        m.payment_id,
        m.settlement_line_id
    FROM settlement_match AS m
    WHERE
        m.match_no
        = CASE WHEN :id ~ '^match:[0-9]{1,18}$' THEN cast(substr(:id, 7) AS bigint) END
    UNION ALL
    SELECT
        w.payment_id,
        w.settlement_line_id
    FROM write_offs_asked AS w
    UNION ALL
    SELECT
        v.payment_id,
        NULL AS settlement_line_id
    FROM write_offs_asked AS w
    CROSS JOIN LATERAL unnest(w.match_payments) AS v (payment_id)
    UNION ALL
    SELECT
        NULL AS payment_id,
        v.settlement_line_id
    FROM write_offs_asked AS w
    CROSS JOIN LATERAL unnest(w.match_lines) AS v (settlement_line_id)
),

payout_edges_asked AS MATERIALIZED (
    SELECT
        m.payout_id,
        m.bank_line_id
    FROM payout_match AS m
    WHERE
        m.match_no
        = CASE WHEN :id ~ '^payout-match:[0-9]{1,18}$' THEN cast(substr(:id, 14) AS bigint) END
    UNION ALL
    SELECT
        v.payout_id,
        NULL AS bank_line_id
    FROM write_offs_asked AS w
    CROSS JOIN LATERAL unnest(w.match_payouts) AS v (payout_id)
    UNION ALL
    SELECT
        NULL AS payout_id,
        v.bank_line_id
    FROM write_offs_asked AS w
    CROSS JOIN LATERAL unnest(w.match_bank_lines) AS v (bank_line_id)
),

payments_named AS MATERIALIZED (
    SELECT p.payment_id
    FROM payment AS p
    INNER JOIN asked AS a ON a.ref = p.payment_ref
    UNION
    SELECT p.payment_id
    FROM payment AS p
    INNER JOIN asked AS a ON a.ref = p.gateway_ref
    UNION
    SELECT p.payment_id
    FROM sales_order AS o
    INNER JOIN asked AS a ON a.ref = o.order_ref
    INNER JOIN payment AS p ON p.sales_order_id = o.sales_order_id
    UNION
    SELECT e.payment_id FROM edges_asked AS e
    WHERE e.payment_id IS NOT NULL
),

lines_named AS MATERIALIZED (
    SELECT l.settlement_line_id
    FROM settlement_line AS l
    WHERE
        l.settlement_line_id
        = CASE WHEN :id ~ '^line:[0-9]{1,18}$' THEN cast(substr(:id, 6) AS bigint) END
    UNION
    SELECT l.settlement_line_id
    FROM settlement_line AS l
    INNER JOIN asked AS a ON a.ref = l.order_ref
    UNION
    SELECT l.settlement_line_id
    FROM settlement_line AS l
    WHERE l.gateway_ref IN (SELECT a.ref FROM asked AS a)
    UNION
    SELECT e.settlement_line_id FROM edges_asked AS e
    WHERE e.settlement_line_id IS NOT NULL
),

edges AS MATERIALIZED (
    SELECT
        m.match_no,
        m.payment_id,
        m.settlement_line_id
    FROM settlement_match AS m
    INNER JOIN payments_named AS p ON p.payment_id = m.payment_id
    UNION
    SELECT
        m.match_no,
        m.payment_id,
        m.settlement_line_id
    FROM settlement_match AS m
    INNER JOIN lines_named AS l ON l.settlement_line_id = m.settlement_line_id
),

payments AS MATERIALIZED (
    SELECT n.payment_id FROM payments_named AS n
    UNION
    SELECT e.payment_id FROM edges AS e
),

lines AS MATERIALIZED (
    SELECT n.settlement_line_id FROM lines_named AS n
    UNION
    SELECT e.settlement_line_id FROM edges AS e
),

payouts_named AS MATERIALIZED (
    SELECT p.payout_id FROM payout AS p
    WHERE
        p.payout_id
        = CASE WHEN :id ~ '^payout:[0-9]{1,18}$' THEN cast(substr(:id, 8) AS bigint) END
        OR p.payout_ref IN (SELECT a.ref FROM asked AS a)
    UNION
    SELECT p.payout_id
    FROM lines AS n
    INNER JOIN settlement_line AS l ON l.settlement_line_id = n.settlement_line_id
    INNER JOIN payout AS p ON p.gateway = l.gateway AND p.payout_ref = l.payout_ref
    UNION
    SELECT m.payout_id
    FROM payout_match AS m
    WHERE 'bank:' || m.bank_line_id IN (SELECT a.ref FROM asked AS a)
    UNION
    SELECT e.payout_id FROM payout_edges_asked AS e
    WHERE e.payout_id IS NOT NULL
)

SELECT
    ARRAY(
        SELECT p.payment_ref FROM payments AS n
        INNER JOIN payment AS p ON p.payment_id = n.payment_id
        ORDER BY p.payment_ref
    ) AS refs,
    ARRAY(
        SELECT n.payment_id FROM payments AS n
        ORDER BY n.payment_id
    ) AS payments,
    ARRAY(
        SELECT n.settlement_line_id FROM lines AS n
        ORDER BY n.settlement_line_id
    ) AS lines,
    ARRAY(
        SELECT DISTINCT e.match_no FROM edges AS e
        ORDER BY e.match_no
    ) AS matches,
    ARRAY(
        SELECT w.settlement_write_off_id FROM settlement_write_off AS w
        WHERE
            w.payment_id IN (SELECT n.payment_id FROM payments AS n)
            OR w.settlement_line_id IN (SELECT n.settlement_line_id FROM lines AS n)
            OR w.match_no IN (SELECT e.match_no FROM edges AS e)
            OR w.settlement_write_off_id IN (
                SELECT a.settlement_write_off_id FROM write_offs_asked AS a
            )
            OR w.payout_match_no IN (
                SELECT m.match_no FROM payout_match AS m
                INNER JOIN payouts_named AS n ON n.payout_id = m.payout_id
            )
        ORDER BY w.settlement_write_off_id
    ) AS write_offs,
    ARRAY(
        SELECT n.payout_id FROM payouts_named AS n
        ORDER BY n.payout_id
    ) AS payouts,
    ARRAY(
        SELECT m.bank_line_id FROM payout_match AS m
        INNER JOIN payouts_named AS n ON n.payout_id = m.payout_id
        UNION
        SELECT b.bank_line_id FROM bank_line AS b
        WHERE 'bank:' || b.bank_line_id IN (SELECT a.ref FROM asked AS a)
        UNION
        SELECT e.bank_line_id FROM payout_edges_asked AS e
        WHERE e.bank_line_id IS NOT NULL
    ) AS bank_lines
