-- purpose: What the lines of each payout come to. Lines that name the payout are its lines; else those of its batch
--   that name none, else those of a batch named for its day. Payouts of one batch or day are summed together.
-- reads: payouts_to_sum (one row per payout), line_sums (one row per gateway, account, batch, payout and currency)
-- writes: sums (one row per payout: basis, what the payouts and the lines of its group come to)
WITH
named AS (
    SELECT
        p.payout_id,
        p.amount_minor AS expected_minor,
        sum(l.net_minor) AS found_minor,
        sum(l.lines) AS lines
    FROM payouts_to_sum AS p
    INNER JOIN line_sums AS l
        ON
            l.gateway = p.gateway
            AND l.payout_ref = p.payout_ref
            AND l.currency = p.currency
    GROUP BY p.payout_id, p.amount_minor
),

unnamed AS (
    SELECT
        l.gateway,
        l.account,
        l.batch_no,
        l.currency,
        sum(l.net_minor) AS found_minor,
        sum(l.lines) AS lines
    FROM line_sums AS l
    WHERE l.payout_ref IS NULL
    GROUP BY l.gateway, l.account, l.batch_no, l.currency
),

by_batch AS (
    SELECT
        p.payout_id,
        sum(p.amount_minor) OVER (
            PARTITION BY p.gateway, p.account, p.batch_no, p.currency
        ) AS expected_minor,
        u.found_minor,
        u.lines
    FROM payouts_to_sum AS p
    INNER JOIN unnamed AS u
        ON
            u.gateway = p.gateway
            AND u.account = p.account
            AND u.batch_no = p.batch_no
            AND u.currency = p.currency
    WHERE NOT EXISTS (
        SELECT 1 FROM named AS n
        WHERE n.payout_id = p.payout_id
    )
),

days AS (
    SELECT
        u.gateway,
        u.batch_no,
        u.currency,
        sum(u.found_minor) AS found_minor,
        sum(u.lines) AS lines
    FROM unnamed AS u
    GROUP BY u.gateway, u.batch_no, u.currency
),

by_day AS (
    SELECT
        p.payout_id,
        sum(p.amount_minor) OVER (PARTITION BY p.gateway, p.day, p.currency) AS expected_minor,
        u.found_minor,
        u.lines
    FROM payouts_to_sum AS p
    INNER JOIN days AS u
        ON
            u.gateway = p.gateway
            AND u.batch_no = p.day
            AND u.currency = p.currency
    WHERE
        p.batch_no IS NULL
        AND NOT EXISTS (
            SELECT 1 FROM named AS n
            WHERE n.payout_id = p.payout_id
        )
)

SELECT
    p.payout_id,
    p.currency,
    p.lines_expected,
    coalesce(n.expected_minor, b.expected_minor, d.expected_minor, p.amount_minor)
        AS expected_minor,
    coalesce(n.found_minor, b.found_minor, d.found_minor, 0) AS found_minor,
    coalesce(n.lines, b.lines, d.lines, 0) AS lines
FROM payouts_to_sum AS p
LEFT JOIN named AS n ON n.payout_id = p.payout_id
LEFT JOIN by_batch AS b ON b.payout_id = p.payout_id
LEFT JOIN by_day AS d ON d.payout_id = p.payout_id
ORDER BY p.payout_id
