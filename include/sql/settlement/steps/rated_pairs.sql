-- purpose: Of keys with one open payment and one open line in another currency, what the line is worth in the
--   payment's currency, and by how many basis points it is off the reference rate. Divisions are put
--   right by multiplication, so that every engine finds the same whole number.
-- reads: pass_payments, pass_lines (one row each), rates (one row per pair of currencies and day)
-- writes: rated_pairs (one row per payment and line; none where no rate is known)
WITH
alone AS (
    SELECT
        key_no,
        max(payments) AS payments,
        max(lines) AS lines
    FROM (
        SELECT
            key_no,
            count(*) AS payments,
            0 AS lines
        FROM pass_payments
        GROUP BY key_no
        UNION ALL
        SELECT
            key_no,
            0 AS payments,
            count(*) AS lines
        FROM pass_lines
        GROUP BY key_no
    ) AS sides
    GROUP BY key_no
    HAVING max(payments) = 1 AND max(lines) = 1
),

rated AS (
    SELECT
        p.payment_no,
        l.line_no,
        p.gateway,
        p.settle_minor AS expected_minor,
        CAST(p.settle_minor AS DECIMAL(38, 0)) * r.rate_e12 AS expected_e12,
        CAST(l.settle_minor AS DECIMAL(38, 0)) * CAST(1000000000000 AS BIGINT) AS settled_e12,
        CAST(r.rate_e12 AS DECIMAL(38, 0)) AS rate_e12,
        row_number() OVER (PARTITION BY p.payment_no ORDER BY r.rate_day DESC) AS newest
    FROM alone AS a
    INNER JOIN pass_payments AS p ON a.key_no = p.key_no
    INNER JOIN pass_lines AS l ON a.key_no = l.key_no
    INNER JOIN rates AS r
        ON
            p.currency = r.base
            AND l.currency = r.quote
            AND r.rate_day BETWEEN l.booked_day - 7 AND l.booked_day
    WHERE
        p.currency <> l.currency
        AND p.settle_minor > 0
        AND l.settle_minor > 0
),

guessed AS (
    SELECT
        payment_no,
        line_no,
        gateway,
        expected_minor,
        expected_e12,
        abs(settled_e12 - expected_e12) * 10000 AS apart_e16,
        2 * settled_e12 + rate_e12 AS doubled_e12,
        2 * rate_e12 AS double_rate_e12,
        CAST(floor(abs(settled_e12 - expected_e12) * 10000 / expected_e12) AS BIGINT) AS bps,
        CAST(floor((2 * settled_e12 + rate_e12) / (2 * rate_e12)) AS BIGINT) AS worth
    FROM rated
    WHERE newest = 1
)

SELECT
    payment_no,
    line_no,
    gateway,
    expected_minor,
    CASE
        WHEN CAST(worth AS DECIMAL(38, 0)) * double_rate_e12 > doubled_e12 THEN worth - 1
        WHEN CAST(worth + 1 AS DECIMAL(38, 0)) * double_rate_e12 <= doubled_e12 THEN worth + 1
        ELSE worth
    END AS worth_minor,
    CASE
        WHEN CAST(bps AS DECIMAL(38, 0)) * expected_e12 < apart_e16 THEN bps + 1
        WHEN CAST(bps - 1 AS DECIMAL(38, 0)) * expected_e12 >= apart_e16 THEN bps - 1
        ELSE bps
    END AS off_bps
FROM guessed
