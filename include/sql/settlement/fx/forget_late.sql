-- purpose: Take back what an earlier run of the same business date judged of lines that an earlier date saw first;
--   they are judged anew.
-- reads: nothing
-- writes: settlement_line_fx (the judgement of a business date becomes null)
-- params: business_date
UPDATE settlement_line_fx
SET
    judged_on = NULL,
    reference_day = NULL,
    minor_rate = NULL,
    way = NULL,
    expected_minor = NULL,
    is_out = NULL
WHERE judged_on = :business_date AND business_date < :business_date
