-- purpose: Count bank lines that were set aside as not ours again, since a person ties them to a payout: as new on
--   the date of the decision; what they were before is kept.
-- reads: nothing
-- writes: bank_line (first_reconciled_on to the date of the decision, not_ours_on to null), bank_line_before (one
--   row per line that is taken back)
-- params: bank_line_ids, day
WITH kept AS (
    INSERT INTO bank_line_before (bank_line_id, first_reconciled_on, not_ours_on)
    SELECT
        b.bank_line_id,
        b.first_reconciled_on,
        b.not_ours_on
    FROM bank_line AS b
    WHERE b.bank_line_id = any(cast(:bank_line_ids AS bigint[])) AND b.not_ours_on IS NOT NULL
    RETURNING bank_line_id
)

UPDATE bank_line
SET first_reconciled_on = :day, not_ours_on = NULL
FROM kept
WHERE kept.bank_line_id = bank_line.bank_line_id
