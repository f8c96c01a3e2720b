-- purpose: Which live cases another live case explains: the rules say by which code and by which kind of
--   key that both touch. Of several the oldest case is the parent.
-- reads: exception_case (one row per case), inhibition (temporary; one row per rule, code and kind)
-- writes: inhibited (temporary; one row per case)
INSERT INTO inhibited (exception_case_id, parent_case_id)
WITH live_keys AS MATERIALIZED (
    SELECT
        c.exception_case_id,
        c.code,
        c.status,
        k.key,
        split_part(k.key, ':', 1) AS kind
    FROM exception_case AS c
    CROSS JOIN LATERAL unnest(c.keys) AS k (key)
    WHERE c.closed_at IS NULL
),

parent_keys AS MATERIALIZED (
    SELECT
        i.code AS child_code,
        p.key,
        min(p.exception_case_id) AS exception_case_id
    FROM inhibition AS i
    INNER JOIN live_keys AS p ON p.code = i.parent_code AND p.kind = i.key_kind
    GROUP BY i.code, p.key
)

SELECT
    c.exception_case_id,
    min(p.exception_case_id) AS parent_case_id
FROM live_keys AS c
INNER JOIN parent_keys AS p ON p.child_code = c.code AND p.key = c.key
WHERE c.status IN ('PENDING', 'OPEN', 'SUPPRESSED')
GROUP BY c.exception_case_id
ORDER BY c.exception_case_id
