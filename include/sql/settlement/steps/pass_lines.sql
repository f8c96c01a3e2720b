-- purpose: The open lines that name a pass's payments, in groups of those alike in key, amount and day,
--   as steps/pass_payments.sql has the payments.
-- reads: open_lines (one row per line), pass_payments (one row per payment), this_pass (one row)
-- writes: pass_lines (one row per line; nth counts those of a group by id)
WITH
keyed AS (
    SELECT
        l.line_no,
        l.line_id,
        l.currency,
        l.settle_minor,
        l.gross_minor,
        l.booked_day,
        l.rank_no,
        CASE WHEN t.reference = 'gateway_ref' THEN l.ref_key ELSE l.order_key END AS key_no
    FROM open_lines AS l
    INNER JOIN this_pass AS t ON l.bond <= t.strongest_bond
),

payment_keys AS (
    SELECT DISTINCT key_no
    FROM pass_payments
)

SELECT
    l.line_no,
    l.line_id,
    l.key_no,
    l.currency,
    l.settle_minor,
    l.gross_minor,
    l.booked_day,
    row_number() OVER alike AS nth,
    min(l.rank_no) OVER alike AS group_no
FROM keyed AS l
INNER JOIN payment_keys AS p ON l.key_no = p.key_no
WINDOW alike AS (
    PARTITION BY l.key_no, l.currency, l.settle_minor, l.booked_day
    ORDER BY l.rank_no
)
