-- purpose: Say no to a proposed write-off.
-- reads: nothing
-- writes: settlement_write_off (one row, to REJECTED)
-- params: write_off_id, at, reason
UPDATE settlement_write_off
SET
    status = 'REJECTED',
    status_at = :at,
    status_reason = :reason
WHERE settlement_write_off_id = :write_off_id
