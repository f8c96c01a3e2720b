-- purpose: What the engine cannot see of a business date, as entries of its proof. Payouts whose amount changed on
--   it came with the amount before (opening, or reopened where a person took them back for this date). Lines
--   that were set aside on it, and that a person has taken back for a later date since, were there.
-- reads: payout_change (one row per payout and date), payout (one row per payout), payout_hold (one row per hold),
--   bank_line_before (one row per spell that is over), bank_line (one row per line), payout_run (one row per
--   business date)
-- writes: rows side, partner_id, account, currency, bucket, entries, sum_minor
-- params: business_date
WITH changed AS (
    SELECT
        p.gateway,
        p.account,
        p.currency,
        c.change_minor,
        CASE WHEN p.amount_minor = 0 THEN 0 ELSE 1 END
        - CASE WHEN p.amount_minor = c.change_minor THEN 0 ELSE 1 END AS change_count,
        CASE
            WHEN EXISTS (
                SELECT 1 FROM payout_hold AS h
                WHERE
                    h.payout_id = p.payout_id
                    AND h.held_on <= r.before
                    AND h.freed_on > r.before
            ) THEN 'reopened' ELSE 'opening'
        END AS arrived_as
    FROM payout_change AS c
    INNER JOIN payout AS p ON p.payout_id = c.payout_id
    CROSS JOIN (
        SELECT max(business_date) AS before FROM payout_run
        WHERE business_date < :business_date
    ) AS r
    WHERE c.business_date = :business_date
),

set_aside AS (
    SELECT
        b.bank,
        b.account,
        b.currency,
        b.amount_minor,
        s.first_reconciled_on
    FROM bank_line_before AS s
    INNER JOIN bank_line AS b ON b.bank_line_id = s.bank_line_id
    WHERE s.not_ours_on = :business_date
),

entries AS (
    SELECT
        'payouts' AS side,
        gateway AS partner_id,
        account,
        currency,
        arrived_as AS bucket,
        -change_count AS entries,
        -change_minor AS sum_minor
    FROM changed
    UNION ALL
    SELECT
        'payouts' AS side,
        gateway AS partner_id,
        account,
        currency,
        'changed' AS bucket,
        change_count AS entries,
        change_minor AS sum_minor
    FROM changed
    UNION ALL
    SELECT
        'bank_lines' AS side,
        bank AS partner_id,
        account,
        currency,
        CASE
            WHEN first_reconciled_on < :business_date THEN 'opening' ELSE 'new'
        END AS bucket,
        1 AS entries,
        amount_minor AS sum_minor
    FROM set_aside
    UNION ALL
    SELECT
        'bank_lines' AS side,
        bank AS partner_id,
        account,
        currency,
        'not_ours' AS bucket,
        1 AS entries,
        amount_minor AS sum_minor
    FROM set_aside
)

SELECT
    side,
    partner_id,
    account,
    currency::text AS currency,
    bucket,
    sum(entries)::bigint AS entries,
    sum(sum_minor)::bigint AS sum_minor
FROM entries
GROUP BY side, partner_id, account, currency, bucket
ORDER BY partner_id, account, currency, side, bucket
