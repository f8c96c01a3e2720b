-- purpose: Count bank lines that were set aside as not ours again, since a person ties them to a payout: on the
--   date of the decision, unless they were counted before they were set aside.
-- reads: nothing
-- writes: bank_line (first_reconciled_on to the date of the decision, not_ours_on to null)
-- params: bank_line_ids, day
UPDATE bank_line
SET
    first_reconciled_on = CASE
        WHEN not_ours_on = first_reconciled_on THEN :day ELSE first_reconciled_on
    END,
    not_ours_on = NULL
WHERE bank_line_id = any(cast(:bank_line_ids AS bigint[])) AND not_ours_on IS NOT NULL
