-- purpose: The live cases that another live case explains.
-- reads: nothing
-- writes: inhibited (temporary; one row per case)
CREATE TEMP TABLE inhibited (
    exception_case_id bigint PRIMARY KEY,
    parent_case_id bigint NOT NULL
) ON COMMIT DROP
