-- purpose: Take back what an earlier run of the same business date matched; what a person did stays.
-- reads: nothing
-- writes: payout_match (the run's rows of one business date are deleted)
-- params: business_date
DELETE FROM payout_match
WHERE business_date = :business_date AND origin = 'run' AND undone_at IS NULL
