-- purpose: the place for what the rules find; of a row the first finding counts.
-- reads: nothing
-- writes: temporary table finding (row and rule)
-- params: none
CREATE TEMP TABLE finding (
    finding_no integer GENERATED ALWAYS AS IDENTITY,
    entry_row_id bigint NOT NULL,
    entry_id uuid,
    rule text NOT NULL,
    field text NOT NULL,
    value text,
    reason text NOT NULL,
    remedy text NOT NULL
) ON COMMIT DROP
