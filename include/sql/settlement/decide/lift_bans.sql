-- purpose: Let payments and lines meet again, since a person ties them together.
-- reads: nothing
-- writes: settlement_ban (rows of these payments with these lines are deleted)
-- params: payment_ids, line_ids
DELETE FROM settlement_ban
WHERE
    payment_id = any(cast(:payment_ids AS bigint[]))
    AND settlement_line_id = any(cast(:line_ids AS bigint[]))
