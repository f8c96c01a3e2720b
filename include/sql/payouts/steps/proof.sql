-- purpose: Counts and sums of both sides by account and currency: what came in, from the inputs alone, and what
--   became of it, from the results alone. They must agree.
-- reads: payouts, bank_lines (the inputs, one row each), pairs, findings (one row per payout and line), returned,
--   not_ours, open_payouts, open_lines (one row each)
-- writes: rows side, partner_id, account, currency, bucket, entries, sum_minor
WITH
sides AS (
    SELECT
        'payouts' AS side,
        p.payout_id AS id,
        p.gateway AS partner_id,
        p.account,
        p.currency,
        p.amount_minor,
        p.carried
    FROM payouts AS p
    UNION ALL
    SELECT
        'bank_lines' AS side,
        l.bank_line_id AS id,
        l.bank AS partner_id,
        l.account,
        l.currency,
        l.amount_minor,
        l.carried
    FROM bank_lines AS l
),

fates AS (
    SELECT DISTINCT
        'payouts' AS side,
        p.payout_id AS id,
        'matched' AS bucket
    FROM pairs AS p
    UNION ALL
    SELECT DISTINCT
        'bank_lines' AS side,
        p.bank_line_id AS id,
        'matched' AS bucket
    FROM pairs AS p
    UNION ALL
    SELECT DISTINCT
        'payouts' AS side,
        f.payout_id AS id,
        'exception' AS bucket
    FROM findings AS f
    WHERE f.payout_id IS NOT NULL
    UNION ALL
    SELECT DISTINCT
        'bank_lines' AS side,
        f.bank_line_id AS id,
        'exception' AS bucket
    FROM findings AS f
    WHERE f.bank_line_id IS NOT NULL
    UNION ALL
    SELECT
        'payouts' AS side,
        r.payout_id AS id,
        'returned' AS bucket
    FROM returned AS r
    UNION ALL
    SELECT
        'bank_lines' AS side,
        n.bank_line_id AS id,
        'not_ours' AS bucket
    FROM not_ours AS n
    UNION ALL
    SELECT
        'payouts' AS side,
        o.payout_id AS id,
        'open' AS bucket
    FROM open_payouts AS o
    UNION ALL
    SELECT
        'bank_lines' AS side,
        o.bank_line_id AS id,
        'open' AS bucket
    FROM open_lines AS o
)

SELECT
    s.side,
    s.partner_id,
    s.account,
    s.currency,
    CASE WHEN s.carried = 1 THEN 'opening' ELSE 'new' END AS bucket,
    count(*) AS entries,
    CAST(sum(s.amount_minor) AS BIGINT) AS sum_minor
FROM sides AS s
GROUP BY s.side, s.partner_id, s.account, s.currency, s.carried
UNION ALL
SELECT
    s.side,
    s.partner_id,
    s.account,
    s.currency,
    f.bucket,
    count(*) AS entries,
    CAST(sum(s.amount_minor) AS BIGINT) AS sum_minor
FROM fates AS f
INNER JOIN sides AS s ON s.side = f.side AND s.id = f.id
GROUP BY s.side, s.partner_id, s.account, s.currency, f.bucket
