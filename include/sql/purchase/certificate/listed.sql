-- purpose: the paid sales that have not ended and are not simply under way: an open case is about them,
--   a refund is due, or they are late by their promise. Each says why.
-- reads: sale (sale), certified_sale, exception_case (case), purchase_terms
-- writes: temporary table listed (sale)
-- params: as_of
CREATE TEMP TABLE listed ON COMMIT DROP AS
SELECT
    c.entry_id,
    s.order_ref,
    c.currency,
    c.paid_minor,
    c.paid_at,
    s.standing,
    s.standing_since,
    CASE
        WHEN k.codes IS NOT NULL THEN k.codes
        WHEN s.standing = 'REFUND_DUE' THEN ARRAY['REFUND_DUE']
        ELSE ARRAY['LATE']
    END AS why
FROM certified_sale AS c
INNER JOIN sale AS s ON c.entry_id = s.entry_id
CROSS JOIN purchase_terms AS t
LEFT JOIN LATERAL (
    SELECT array_agg(DISTINCT x.code ORDER BY x.code) AS codes
    FROM exception_case AS x
    WHERE
        x.closed_at IS NULL
        AND x.status <> 'PENDING'
        AND x.keys && ARRAY['order:' || s.order_ref, 'purchase:' || s.entry_id]
) AS k ON TRUE
WHERE
    c.ended_in IS NULL
    AND (
        k.codes IS NOT NULL
        OR s.standing = 'REFUND_DUE'
        OR coalesce(
            s.promised_on::timestamptz + interval '1 day', c.paid_at + t.complete_within
        ) <= :as_of
    )
