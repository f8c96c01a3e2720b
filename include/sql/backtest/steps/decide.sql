-- purpose: Do what people decided since the business date before, where everything that it needs is open.
-- reads: decided (one row per payment or line of a decision), this_day (one row), state
-- writes: state (one row per pair or written-off item)
INSERT INTO state
WITH due AS (
    SELECT d.*
    FROM decided AS d
    CROSS JOIN this_day AS t
    WHERE
        d.day > t.before
        AND d.day <= t.day
        AND coalesce(d.undone_on > t.day, TRUE)
),

impossible AS (
    SELECT d.decision
    FROM due AS d
    INNER JOIN state AS s ON s.payment_id = d.payment_id
    UNION
    SELECT d.decision
    FROM due AS d
    INNER JOIN state AS s ON s.line_id = d.line_id
)

SELECT
    d.payment_id,
    d.line_id,
    d.held_by,
    'person' AS origin,
    d.day,
    d.amount_minor
FROM due AS d
WHERE d.decision NOT IN (SELECT i.decision FROM impossible AS i)
