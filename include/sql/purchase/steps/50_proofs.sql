-- purpose: the references of unknown purchases under which, by all three proofs, the gateway has nothing
--   that took money: no search, no list of unsettled transactions and no batch that was closed after
--   the cut-off has one, and nothing positive was ever seen.
-- reads: purchase_reference (reference), purchase_evidence (answer)
-- writes: temporary table absent (reference)
-- params: none
CREATE TEMP TABLE absent ON COMMIT DROP AS
SELECT
    r.purchase_id,
    r.payment_ref,
    r.our_ref,
    r.payment_attempt_id
FROM purchase_reference AS r
INNER JOIN purchase AS p ON r.purchase_id = p.purchase_id
INNER JOIN purchase_evidence AS e
    ON r.purchase_id = e.purchase_id AND r.our_ref = e.our_ref
WHERE p.status IN ('PAY_UNKNOWN', 'MANUAL')
GROUP BY r.purchase_id, r.payment_ref, r.our_ref, r.payment_attempt_id
HAVING
    bool_or(
        e.kind = 'SEARCH' AND e.answer IN ('ABSENT', 'DECLINED') AND e.proves_at > r.cut_off
    )
    AND bool_or(
        e.kind = 'UNSETTLED' AND e.answer IN ('ABSENT', 'DECLINED') AND e.proves_at > r.cut_off
    )
    AND bool_or(
        e.kind = 'SETTLED' AND e.answer = 'ABSENT' AND e.proves_at > r.cut_off
    )
    AND NOT bool_or(e.answer = 'CAPTURED')
    AND NOT bool_or(e.answer = 'PENDING' AND e.proves_at > r.cut_off)
