-- purpose: The payouts and bank lines of a decision, and what holds each of them.
-- reads: payout (one row per payout), bank_line (one row per line), payout_match (one row per payout and line)
-- writes: rows side, id, ref, gateway (of payouts), currency, amount_minor, is_seen (a reconciliation has counted
--   it), is_returned (payout and reversal cancelled each other out), match_no (null where nothing holds it)
-- params: payout_ids, bank_line_ids
WITH items AS (
    SELECT
        'payout' AS side,
        p.payout_id AS id,
        p.payout_ref AS ref,
        p.gateway,
        p.currency,
        p.amount_minor,
        TRUE AS is_seen,
        p.returned_on IS NOT NULL AS is_returned,
        m.match_no
    FROM payout AS p
    LEFT JOIN payout_match AS m ON m.payout_id = p.payout_id AND m.undone_at IS NULL
    WHERE p.payout_id = any(cast(:payout_ids AS bigint[]))
    UNION
    SELECT
        'bank line' AS side,
        b.bank_line_id AS id,
        b.bank_ref AS ref,
        NULL AS gateway,
        b.currency,
        b.amount_minor,
        b.first_reconciled_on IS NOT NULL AS is_seen,
        FALSE AS is_returned,
        m.match_no
    FROM bank_line AS b
    LEFT JOIN payout_match AS m ON m.bank_line_id = b.bank_line_id AND m.undone_at IS NULL
    WHERE b.bank_line_id = any(cast(:bank_line_ids AS bigint[]))
)

SELECT
    side,
    id,
    ref,
    gateway,
    currency::text AS currency,
    amount_minor,
    is_seen,
    is_returned,
    match_no
FROM items
ORDER BY side DESC, id
