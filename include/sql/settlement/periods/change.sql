-- purpose: Bring a period into another state.
-- reads: nothing
-- writes: settlement_period (one row)
-- params: period_id, to_state, at, reason
UPDATE settlement_period
SET
    status = :to_state,
    status_at = :at,
    status_reason = :reason
WHERE settlement_period_id = :period_id
