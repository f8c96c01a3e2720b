-- purpose: A match that a person makes. Each part takes its own amount of the whole, and the last by number
--   takes what is left; the variance, settled less expected, is booked on it (as steps/shared.sql does).
-- reads: payment (one row per payment), settlement_line (one row per line)
-- writes: settlement_match (one row per payment and line)
-- params: payment_ids, line_ids (one of the two holds one id), match_no, day, at
INSERT INTO settlement_match (
    match_no, business_date, pass, origin, payment_id, payment_part, settlement_line_id, line_part,
    amount_minor, variance_minor, matched_at
)
WITH meeting AS (
    SELECT
        p.payment_id,
        l.settlement_line_id,
        p.amount_minor,
        CASE WHEN l.kind = 'refund' THEN abs(l.gross_minor) ELSE l.gross_minor END AS line_minor,
        row_number() OVER (ORDER BY l.settlement_line_id, p.payment_id) AS part,
        row_number() OVER (ORDER BY l.settlement_line_id DESC, p.payment_id DESC) AS from_last,
        cardinality(cast(:line_ids AS bigint[])) > 1 AS is_many_lines
    FROM payment AS p
    CROSS JOIN settlement_line AS l
    WHERE
        p.payment_id = any(cast(:payment_ids AS bigint[]))
        AND l.settlement_line_id = any(cast(:line_ids AS bigint[]))
),

sums AS (
    SELECT
        payment_id,
        settlement_line_id,
        part,
        from_last,
        is_many_lines,
        amount_minor,
        line_minor,
        sum(CASE WHEN is_many_lines THEN line_minor ELSE amount_minor END) OVER () AS parts_minor
    FROM meeting
),

shares AS (
    SELECT
        payment_id,
        settlement_line_id,
        part,
        is_many_lines,
        CASE
            WHEN NOT is_many_lines THEN amount_minor
            WHEN from_last = 1 THEN amount_minor - (parts_minor - line_minor)
            ELSE line_minor
        END AS expected,
        CASE
            WHEN is_many_lines THEN line_minor
            WHEN from_last = 1 THEN line_minor - (parts_minor - amount_minor)
            ELSE amount_minor
        END AS settled
    FROM sums
)

SELECT
    cast(:match_no AS bigint) AS match_no,
    cast(:day AS date) AS business_date,
    'hand' AS pass,
    'person' AS origin,
    payment_id,
    CASE WHEN is_many_lines THEN part ELSE 1 END AS payment_part,
    settlement_line_id,
    CASE WHEN is_many_lines THEN 1 ELSE part END AS line_part,
    expected AS amount_minor,
    settled - expected AS variance_minor,
    cast(:at AS timestamptz) AS matched_at
FROM shares
ORDER BY part
