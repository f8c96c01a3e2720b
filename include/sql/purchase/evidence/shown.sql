-- purpose: the evidence of a purchase, in the order in which it came.
-- reads: purchase (one row), purchase_evidence (answer), gateway_look
-- writes: nothing; one row per answer
-- params: entry_id
SELECT
    e.asked_at,
    e.kind,
    e.our_ref,
    e.answer,
    e.cut_off,
    e.proves_at,
    e.gateway_ref,
    e.currency,
    e.amount_minor
FROM purchase AS p
INNER JOIN purchase_evidence AS e ON p.purchase_id = e.purchase_id
WHERE p.entry_id = cast(:entry_id AS uuid)
ORDER BY e.purchase_evidence_id
