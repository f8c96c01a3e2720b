-- purpose: The bank lines to set aside: nothing of a gateway is in them, and no person parted them from a payout.
-- reads: rest_lines (one row per line that nothing took), parted (one row per parted pair)
-- writes: not_ours (one row per line)
SELECT r.bank_line_id
FROM rest_lines AS r
WHERE
    NOT EXISTS (
        SELECT 1 FROM parted AS x
        WHERE x.bank_line_id = r.bank_line_id
    )
