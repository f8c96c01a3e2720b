-- purpose: Take back what an earlier run of the same business date wrote; it is written anew. What a
--   person made or undid stays.
-- reads: nothing
-- writes: settlement_match (the rows of one business date are deleted)
-- params: business_date
DELETE FROM settlement_match
WHERE business_date = :business_date AND origin = 'run' AND undone_at IS NULL
