-- purpose: Where the opening of a business date is not what the reconciliation before it left.
-- reads: settlement_proof (one row per date, side, gateway and currency), settlement_run
-- writes: rows side, gateway, currency, left_count, left_minor, opening_count, opening_minor (none where
--   all is well)
-- params: business_date
WITH left_over AS (
    SELECT
        side,
        gateway,
        currency,
        exception_count + open_count AS entries,
        exception_minor + open_minor AS sum_minor
    FROM settlement_proof
    WHERE
        business_date = (
            SELECT max(r.business_date) FROM settlement_run AS r
            WHERE r.business_date < :business_date
        )
),

opening AS (
    SELECT
        side,
        gateway,
        currency,
        opening_count AS entries,
        opening_minor AS sum_minor
    FROM settlement_proof
    WHERE business_date = :business_date
)

SELECT
    coalesce(l.side, o.side) AS side,
    coalesce(l.gateway, o.gateway) AS gateway,
    coalesce(l.currency, o.currency)::text AS currency,
    coalesce(l.entries, 0) AS left_count,
    coalesce(l.sum_minor, 0) AS left_minor,
    coalesce(o.entries, 0) AS opening_count,
    coalesce(o.sum_minor, 0) AS opening_minor
FROM left_over AS l
FULL OUTER JOIN opening AS o
    ON o.side = l.side AND o.gateway = l.gateway AND o.currency = l.currency
WHERE
    coalesce(l.entries, 0) <> coalesce(o.entries, 0)
    OR coalesce(l.sum_minor, 0) <> coalesce(o.sum_minor, 0)
ORDER BY gateway, currency, side
