-- purpose: A match of payouts that a person makes. Each part takes its own amount of the whole, and the last by
--   number takes what is left; the variance, what the bank has beyond what was paid out, is booked on it.
-- reads: payout (one row per payout), bank_line (one row per line)
-- writes: payout_match (one row per payout and bank line)
-- params: payout_ids, bank_line_ids (one of the two holds one id), day, at
INSERT INTO payout_match (
    business_date, pass, origin, match_no, payout_id, bank_line_id, payout_part, line_part,
    amount_minor, variance_minor, matched_at
)
WITH meeting AS (
    SELECT
        p.payout_id,
        b.bank_line_id,
        p.amount_minor,
        b.amount_minor AS line_minor,
        min(b.bank_line_id) OVER () AS match_no,
        row_number() OVER (ORDER BY b.bank_line_id, p.payout_id) AS part,
        row_number() OVER (ORDER BY b.bank_line_id DESC, p.payout_id DESC) AS from_last,
        cardinality(cast(:bank_line_ids AS bigint[])) > 1 AS is_many_lines
    FROM payout AS p
    CROSS JOIN bank_line AS b
    WHERE
        p.payout_id = any(cast(:payout_ids AS bigint[]))
        AND b.bank_line_id = any(cast(:bank_line_ids AS bigint[]))
),

sums AS (
    SELECT
        m.*,
        sum(CASE WHEN m.is_many_lines THEN m.line_minor ELSE m.amount_minor END) OVER ()
            AS parts_minor
    FROM meeting AS m
),

shares AS (
    SELECT
        s.*,
        CASE
            WHEN NOT s.is_many_lines THEN s.amount_minor
            WHEN s.from_last = 1 THEN s.amount_minor - (s.parts_minor - s.line_minor)
            ELSE s.line_minor
        END AS expected,
        CASE
            WHEN s.is_many_lines THEN s.line_minor
            WHEN s.from_last = 1 THEN s.line_minor - (s.parts_minor - s.amount_minor)
            ELSE s.amount_minor
        END AS found
    FROM sums AS s
)

SELECT
    cast(:day AS date) AS business_date,
    'hand' AS pass,
    'person' AS origin,
    match_no,
    payout_id,
    bank_line_id,
    CASE WHEN is_many_lines THEN part ELSE 1 END AS payout_part,
    CASE WHEN is_many_lines THEN 1 ELSE part END AS line_part,
    expected AS amount_minor,
    found - expected AS variance_minor,
    cast(:at AS timestamptz) AS matched_at
FROM shares
ORDER BY part
