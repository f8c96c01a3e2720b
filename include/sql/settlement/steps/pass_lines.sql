-- purpose: The open lines of a pass, in groups of those alike in key, amount and day, as
--   steps/pass_payments.sql has the payments.
-- reads: open_lines (one row per line), this_pass (one row)
-- writes: pass_lines (one row per line; nth counts those of a group by id)
WITH keyed AS (
    SELECT
        l.line_no,
        l.line_id,
        l.gateway,
        l.kind,
        l.currency,
        l.settle_minor,
        l.gross_minor,
        l.booked_day,
        l.rank_no,
        CASE WHEN t.reference = 'gateway_ref' THEN l.gateway_ref ELSE l.order_ref END AS ref,
        CASE WHEN t.reference = 'gateway_ref' THEN l.ref_code ELSE l.order_code END AS code
    FROM open_lines AS l
    CROSS JOIN this_pass AS t
    WHERE l.bond <= t.strongest_bond
)

SELECT
    line_no,
    line_id,
    gateway,
    ref,
    code,
    kind,
    currency,
    settle_minor,
    gross_minor,
    booked_day,
    row_number() OVER alike AS nth,
    min(rank_no) OVER alike AS group_no
FROM keyed
WHERE ref IS NOT NULL
WINDOW alike AS (
    PARTITION BY gateway, ref, kind, currency, settle_minor, booked_day
    ORDER BY rank_no
)
