-- purpose: What people did since the reconciliation before, as entries of the proof of a business date. What
--   is held behind the date (or by a person) the engine has not seen; what was taken back for this date
--   it has counted as opening.
-- reads: settlement_hold (one row per hold), payment (one row per payment), settlement_line (one row per
--   line), settlement_run (one row per business date)
-- writes: rows side, gateway, currency, bucket, entries, sum_minor
-- params: business_date
WITH this_run AS (
    SELECT
        cast(:business_date AS date) AS day,
        coalesce(max(business_date), '-infinity') AS before
    FROM settlement_run
    WHERE business_date < :business_date
),

recent AS (
    SELECT
        h.payment_id,
        h.settlement_line_id,
        h.bucket,
        h.freed_on > r.day AS is_left_alone,
        h.held_on <= r.before AND h.freed_on > r.before AS was_held,
        h.held_on <= r.before AND h.freed_on > r.day AS is_held_since,
        h.held_on > r.before AND h.held_on <= r.day AND h.freed_on > r.day AS is_held_now
    FROM settlement_hold AS h
    CROSS JOIN this_run AS r
    WHERE
        h.is_decided
        AND (h.held_on > r.before OR (h.freed_on > r.before AND h.freed_on < 'infinity'))
),

sided AS (
    SELECT
        'payments' AS side,
        payment_id AS id,
        bucket,
        is_left_alone,
        was_held,
        is_held_since,
        is_held_now
    FROM recent
    WHERE payment_id IS NOT NULL
    UNION ALL
    SELECT
        'lines' AS side,
        settlement_line_id AS id,
        bucket,
        is_left_alone,
        was_held,
        is_held_since,
        is_held_now
    FROM recent
    WHERE settlement_line_id IS NOT NULL
),

items AS (
    SELECT
        side,
        id,
        bool_or(is_left_alone) AS is_left_alone,
        bool_or(was_held) AS was_held,
        coalesce(min(bucket) FILTER (WHERE is_held_now), 'open') AS bucket
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
        coalesce(p.gateway, l.gateway) AS gateway,
        coalesce(p.currency, l.currency) AS currency,
        coalesce(p.amount_minor, l.gross_minor) AS amount_minor,
        coalesce(p.first_reconciled_on, l.first_reconciled_on) < r.day AS is_carried
    FROM items AS i
    CROSS JOIN this_run AS r
    LEFT JOIN payment AS p ON i.side = 'payments' AND p.payment_id = i.id
    LEFT JOIN settlement_line AS l ON i.side = 'lines' AND l.settlement_line_id = i.id
),

entries AS (
    SELECT
        side,
        gateway,
        currency,
        CASE WHEN was_held THEN 'reopened' WHEN is_carried THEN 'opening' ELSE 'new' END AS bucket,
        1 AS entries,
        amount_minor AS sum_minor
    FROM facts
    WHERE is_left_alone OR was_held
    UNION ALL
    SELECT
        side,
        gateway,
        currency,
        'opening' AS bucket,
        -1 AS entries,
        -amount_minor AS sum_minor
    FROM facts
    WHERE was_held AND NOT is_left_alone
    UNION ALL
    SELECT
        side,
        gateway,
        currency,
        bucket,
        1 AS entries,
        amount_minor AS sum_minor
    FROM facts
    WHERE is_left_alone
)

SELECT
    side,
    gateway,
    currency::text AS currency,
    bucket,
    sum(entries)::bigint AS entries,
    sum(sum_minor)::bigint AS sum_minor
FROM entries
GROUP BY side, gateway, currency, bucket
ORDER BY gateway, currency, side, bucket
