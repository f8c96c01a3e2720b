-- purpose: the sums of a certificate by currency and fate.
-- reads: certified_sale, listed (sale)
-- writes: nothing; one row per currency and fate
-- params: certificate_id
WITH
counted AS (
    SELECT
        c.currency,
        c.paid_minor,
        CASE WHEN c.paid_in = :certificate_id THEN 'PAID' ELSE 'OPENING' END AS came,
        coalesce(
            c.fate, CASE WHEN l.entry_id IS NULL THEN 'UNDER_WAY' ELSE 'LISTED' END
        ) AS stands
    FROM certified_sale AS c
    LEFT JOIN listed AS l ON c.entry_id = l.entry_id
    WHERE c.ended_in IS NULL OR c.ended_in = :certificate_id
),

both_sides AS (
    SELECT
        n.currency,
        n.came AS fate,
        n.paid_minor
    FROM counted AS n
    UNION ALL
    SELECT
        n.currency,
        n.stands AS fate,
        n.paid_minor
    FROM counted AS n
)

SELECT
    b.currency,
    b.fate,
    count(*) AS sales,
    sum(b.paid_minor)::bigint AS amount_minor
FROM both_sides AS b
GROUP BY b.currency, b.fate
ORDER BY b.currency, b.fate
