-- purpose: What people did about payouts since the reconciliation before, as entries of the proof of a business
--   date. What is held behind the date (or by a person) the engine has not seen; what was taken back for this
--   date it has counted as opening.
-- reads: payout_hold (one row per hold), payout (one row per payout), bank_line (one row per line), payout_run
--   (one row per business date)
-- writes: rows side, partner_id, account, currency, bucket, entries, sum_minor
-- params: business_date
WITH this_run AS (
    SELECT
        cast(:business_date AS date) AS day,
        coalesce(max(business_date), '-infinity') AS before
    FROM payout_run
    WHERE business_date < :business_date
),

recent AS (
    SELECT
        h.payout_id,
        h.bank_line_id,
        h.freed_on > r.day AS is_left_alone,
        h.held_on <= r.before AND h.freed_on > r.before AS was_held,
        h.held_on <= r.before AND h.freed_on > r.day AS is_held_since,
        h.held_on > r.before AND h.held_on <= r.day AND h.freed_on > r.day AS is_held_now
    FROM payout_hold AS h
    CROSS JOIN this_run AS r
    WHERE
        h.is_decided
        AND (h.held_on > r.before OR (h.freed_on > r.before AND h.freed_on < 'infinity'))
),

sided AS (
    SELECT
        'payouts' AS side,
        payout_id AS id,
        is_left_alone,
        was_held,
        is_held_since,
        is_held_now
    FROM recent
    UNION ALL
    SELECT
        'bank_lines' AS side,
        bank_line_id AS id,
        is_left_alone,
        was_held,
        is_held_since,
        is_held_now
    FROM recent
),

items AS (
    SELECT
        side,
        id,
        bool_or(is_left_alone) AS is_left_alone,
        bool_or(was_held) AS was_held,
        CASE WHEN bool_or(is_held_now) THEN 'matched' ELSE 'open' END AS bucket
    FROM sided
    GROUP BY side, id
    HAVING NOT bool_or(is_held_since)
),

facts AS (
    SELECT
        i.side,
        i.is_left_alone,
        i.was_held,
        i.bucket,
        coalesce(p.gateway, b.bank) AS partner_id,
        coalesce(p.account, b.account) AS account,
        coalesce(p.currency, b.currency) AS currency,
        coalesce(p.amount_minor, b.amount_minor) AS amount_minor,
        coalesce(p.first_reconciled_on, b.first_reconciled_on) < r.day AS is_carried
    FROM items AS i
    CROSS JOIN this_run AS r
    LEFT JOIN payout AS p ON i.side = 'payouts' AND p.payout_id = i.id
    LEFT JOIN bank_line AS b ON i.side = 'bank_lines' AND b.bank_line_id = i.id
    WHERE coalesce(p.first_reconciled_on, b.first_reconciled_on) <= r.day
),

entries AS (
    SELECT
        side,
        partner_id,
        account,
        currency,
        CASE WHEN was_held THEN 'reopened' WHEN is_carried THEN 'opening' ELSE 'new' END AS bucket,
        1 AS entries,
        amount_minor AS sum_minor
    FROM facts
    WHERE is_left_alone OR was_held
    UNION ALL
    SELECT
        side,
        partner_id,
        account,
        currency,
        'opening' AS bucket,
        -1 AS entries,
        -amount_minor AS sum_minor
    FROM facts
    WHERE was_held AND NOT is_left_alone
    UNION ALL
    SELECT
        side,
        partner_id,
        account,
        currency,
        bucket,
        1 AS entries,
        amount_minor AS sum_minor
    FROM facts
    WHERE is_left_alone
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
