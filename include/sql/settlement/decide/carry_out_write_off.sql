-- purpose: Give the money up.
-- reads: nothing
-- writes: settlement_write_off (one row, to WRITTEN_OFF)
-- params: write_off_id, day, match_no, payout_match_no (null but for the variance of such a match), approved_by
--   (null where one person is enough), at, reason
UPDATE settlement_write_off
SET
    status = 'WRITTEN_OFF',
    status_at = :at,
    status_reason = :reason,
    business_date = :day,
    match_no = :match_no,
    payout_match_no = :payout_match_no,
    approved_by = :approved_by
WHERE settlement_write_off_id = :write_off_id
