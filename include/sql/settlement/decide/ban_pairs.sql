-- purpose: Keep the payments and lines of a match apart from now on.
-- reads: settlement_match (one row per payment and line)
-- writes: settlement_ban (one row per payment and line of the match)
-- params: match_no, actor, at
INSERT INTO settlement_ban (payment_id, settlement_line_id, banned_by, banned_at)
SELECT DISTINCT
    payment_id,
    settlement_line_id,
    cast(:actor AS text) AS banned_by,
    cast(:at AS timestamptz) AS banned_at
FROM settlement_match
WHERE match_no = :match_no
ORDER BY payment_id, settlement_line_id
ON CONFLICT (payment_id, settlement_line_id) DO NOTHING
