-- purpose: Undo a match of payouts; it stays as history.
-- reads: nothing
-- writes: payout_match (all rows of one match that stands)
-- params: match_no, day, at, actor, reason
UPDATE payout_match
SET
    undone_at = :at,
    undone_on = greatest(business_date, :day),
    undone_by = :actor,
    undone_why = :reason
WHERE match_no = :match_no AND undone_at IS NULL
