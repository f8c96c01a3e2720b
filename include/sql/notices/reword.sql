-- purpose: change how a notice is worded, or whether it is sent; what is not given stays.
-- reads: nothing
-- writes: notice_nature
-- params: nature, audience, subject (null: as it is), active (null: as it is)
UPDATE notice_nature AS n
SET
    subject = coalesce(:subject, n.subject),
    active = coalesce(:active, n.active)
WHERE n.nature = :nature AND n.audience = :audience
