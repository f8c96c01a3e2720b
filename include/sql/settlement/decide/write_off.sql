-- purpose: A write-off with all that a decision about it must know.
-- reads: settlement_write_off (one row per write-off), payment (one row per payment)
-- writes: rows write_off_id, status, business_date, payment_refs, line_ids, payout_ids, bank_line_ids (arrays),
--   is_variance, match_no, payout_match_no, gateway, currency, amount_minor, proposed_by, since, reason (of its
--   state), needs_approval
-- params: write_off_id (null for all that wait for a second person)
SELECT
    w.settlement_write_off_id AS write_off_id,
    w.status,
    w.business_date,
    ARRAY(
        SELECT p.payment_ref FROM payment AS p
        WHERE p.payment_id = w.payment_id OR p.payment_id = any(w.match_payments)
        ORDER BY p.payment_id
    ) AS payment_refs,
    coalesce(w.match_lines, array_remove(ARRAY[w.settlement_line_id], NULL)) AS line_ids,
    coalesce(w.match_payouts, '{}') AS payout_ids,
    coalesce(w.match_bank_lines, '{}') AS bank_line_ids,
    coalesce(w.match_payments, w.match_payouts) IS NOT NULL AS is_variance,
    w.match_no,
    w.payout_match_no,
    w.gateway,
    w.currency::text AS currency,
    w.amount_minor,
    w.proposed_by,
    w.status_at AS since,
    w.status_reason AS reason,
    w.needs_approval
FROM settlement_write_off AS w
WHERE
    w.settlement_write_off_id = :write_off_id
    OR (cast(:write_off_id AS bigint) IS NULL AND w.status = 'PROPOSED')
ORDER BY w.settlement_write_off_id
