-- purpose: Keep the payouts and bank lines of a match that stands apart from now on.
-- reads: payout_match (one row per payout and bank line)
-- writes: payout_ban (one row per payout and bank line of the match)
-- params: match_no, actor, at
INSERT INTO payout_ban (payout_id, bank_line_id, banned_by, banned_at)
SELECT
    payout_id,
    bank_line_id,
    cast(:actor AS text) AS banned_by,
    cast(:at AS timestamptz) AS banned_at
FROM payout_match
WHERE match_no = :match_no AND undone_at IS NULL
ORDER BY payout_id, bank_line_id
ON CONFLICT (payout_id, bank_line_id) DO NOTHING
