-- purpose: Undo what people undid since the business date before.
-- reads: undone (one row per pair or write-off), this_day (one row)
-- writes: state (rows are deleted)
DELETE FROM state
WHERE EXISTS (
    SELECT 1
    FROM undone AS u
    CROSS JOIN this_day AS t
    WHERE
        u.undone_on > t.before
        AND u.undone_on <= t.day
        AND u.held_by = state.held_by
        AND coalesce(u.payment_id, 0) = coalesce(state.payment_id, 0)
        AND coalesce(u.line_id, 0) = coalesce(state.line_id, 0)
)
