-- purpose: The reference rates by which a business date's matching converts: of three weeks, for every pair of
--   currencies that a publisher has, also the other way round and by way of its base.
-- reads: fx_rate (one row per day and pair of currencies)
-- writes: rows day, base, quote, rate
-- params: business_date
WITH legs AS (
    SELECT
        day,
        base,
        quote,
        rate
    FROM fx_rate
    WHERE day BETWEEN cast(:business_date AS date) - 21 AND :business_date
),

ways AS (
    SELECT
        day,
        base,
        quote,
        rate,
        1 AS preference
    FROM legs
    UNION ALL
    SELECT
        day,
        quote AS base,
        base AS quote,
        1 / rate AS rate,
        2 AS preference
    FROM legs
    UNION ALL
    SELECT
        f.day,
        f.quote AS base,
        t.quote,
        t.rate / f.rate AS rate,
        3 AS preference
    FROM legs AS f
    INNER JOIN legs AS t ON t.day = f.day AND t.base = f.base AND t.quote <> f.quote
)

SELECT DISTINCT ON (day, base, quote)
    day,
    base::text AS base,
    quote::text AS quote,
    round(rate, 12) AS rate
FROM ways
WHERE round(rate, 12) > 0
ORDER BY day, base, quote, preference, rate
