-- purpose: Take a write-off back, or that of a match which is undone.
-- reads: nothing
-- writes: settlement_write_off (to REOPENED)
-- params: write_off_id, match_no, payout_match_no (two of the three are null), day, at, reason
UPDATE settlement_write_off
SET
    status = 'REOPENED',
    status_at = :at,
    status_reason = :reason,
    reopened_on = greatest(business_date, :day)
WHERE
    status = 'WRITTEN_OFF'
    AND (
        settlement_write_off_id = :write_off_id
        OR match_no = :match_no
        OR payout_match_no = :payout_match_no
    )
