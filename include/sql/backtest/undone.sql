-- purpose: What people undid until the last business date of a backtest: pairs that they parted (from then on
--   banned, unless a person tied them together again) and write-offs that they took back.
-- reads: settlement_match (one row per payment and line), settlement_write_off (one row per write-off)
-- writes: rows payment_id, line_id, held_by, undone_on, again_on (when a person tied the pair again, or null)
-- params: last_day
SELECT
    m.payment_id,
    m.settlement_line_id AS line_id,
    m.settlement_line_id::text AS held_by,
    m.undone_on,
    (
        SELECT min(a.business_date) FROM settlement_match AS a
        WHERE
            a.payment_id = m.payment_id
            AND a.settlement_line_id = m.settlement_line_id
            AND a.origin = 'person'
            AND a.match_no > m.match_no
    ) AS again_on
FROM settlement_match AS m
WHERE m.undone_on <= :last_day
UNION ALL
SELECT
    w.payment_id,
    w.settlement_line_id AS line_id,
    'write-off:' || w.settlement_write_off_id AS held_by,
    w.reopened_on AS undone_on,
    NULL AS again_on
FROM settlement_write_off AS w
WHERE w.reopened_on <= :last_day AND w.match_payments IS NULL
