-- purpose: What each step of a setting would match: all that needs no more than it, by currency.
-- reads: near_misses (one row per line)
-- writes: rows setting, more, currency, items, amount_minor, ambiguous (a step that adds nothing to the
--   one before it is left out)
WITH
steps AS (
    SELECT unnest([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10000, 100000]) AS more
),

sums AS (
    SELECT
        n.setting,
        s.more,
        n.currency,
        count(*) AS items,
        sum(abs(n.amount_minor)) AS amount_minor,
        sum(n.would_be_ambiguous) AS ambiguous
    FROM near_misses AS n
    INNER JOIN steps AS s ON n.more <= s.more
    GROUP BY n.setting, s.more, n.currency
),

told AS (
    SELECT
        *,
        sum(items) OVER (PARTITION BY setting, more) AS all_items
    FROM sums
),

changes AS (
    SELECT
        setting,
        all_items,
        min(more) AS more
    FROM told
    GROUP BY setting, all_items
)

SELECT
    t.setting,
    t.more,
    t.currency,
    t.items,
    CAST(t.amount_minor AS BIGINT) AS amount_minor,
    CAST(t.ambiguous AS BIGINT) AS ambiguous
FROM told AS t
INNER JOIN changes AS c ON t.setting = c.setting AND t.more = c.more
ORDER BY t.setting DESC, t.more, t.currency
