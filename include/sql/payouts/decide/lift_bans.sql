-- purpose: Let payouts and bank lines meet again, since a person ties them together.
-- reads: nothing
-- writes: payout_ban (rows of these payouts with these bank lines are deleted)
-- params: payout_ids, bank_line_ids
DELETE FROM payout_ban
WHERE
    payout_id = any(cast(:payout_ids AS bigint[]))
    AND bank_line_id = any(cast(:bank_line_ids AS bigint[]))
