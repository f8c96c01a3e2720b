-- purpose: What the database must know of matches beyond the engine's rows: which rows are one match, and
--   the parts of each payment and line within it, from 1. A match has one payment or one line, or all
--   of its payments meet all of its lines, so that its lowest line is in a row with each payment.
--   Only rows that share a payment or a line are sorted; they are few. Runs in DuckDB.
-- reads: matches (the engine's; one row per payment and line)
-- writes: rows pass, payment_id, settlement_line_id, amount_minor, variance_minor, payment_part, line_part,
--   nth_match (from 1 to the number of rows; rows of one match share it)
WITH numbered AS (
    SELECT
        pass,
        CAST(payment_id AS BIGINT) AS payment_id,
        CAST(line_id AS BIGINT) AS settlement_line_id,
        amount_minor,
        variance_minor,
        row_number() OVER () AS row_no
    FROM matches
),

many_lines AS (
    SELECT payment_id
    FROM numbered
    GROUP BY payment_id
    HAVING count(*) > 1
),

many_payments AS (
    SELECT settlement_line_id
    FROM numbered
    GROUP BY settlement_line_id
    HAVING count(*) > 1
),

shared AS (
    SELECT
        row_no,
        payment_id,
        settlement_line_id,
        row_number() OVER (PARTITION BY payment_id ORDER BY settlement_line_id) AS payment_part,
        row_number() OVER (PARTITION BY settlement_line_id ORDER BY payment_id) AS line_part,
        min(settlement_line_id) OVER (PARTITION BY payment_id) AS first_line
    FROM numbered
    WHERE
        payment_id IN (SELECT payment_id FROM many_lines)
        OR settlement_line_id IN (SELECT settlement_line_id FROM many_payments)
),

gathered AS (
    SELECT
        row_no,
        payment_part,
        line_part,
        min(row_no) OVER (PARTITION BY first_line) AS nth_match
    FROM shared
)

SELECT
    n.pass,
    n.payment_id,
    n.settlement_line_id,
    n.amount_minor,
    n.variance_minor,
    CAST(coalesce(g.payment_part, 1) AS INTEGER) AS payment_part,
    CAST(coalesce(g.line_part, 1) AS INTEGER) AS line_part,
    coalesce(g.nth_match, n.row_no) AS nth_match
FROM numbered AS n
LEFT JOIN gathered AS g ON n.row_no = g.row_no
