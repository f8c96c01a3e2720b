-- purpose: the references of claimed purchases for which a search is the last proof that is missing:
--   both lists, later than the cut-off, do not have them.
-- reads: purchase (one row each), purchase_reference (reference), purchase_evidence (answer)
-- writes: nothing; one row per reference
-- params: gateway, token, at_most
SELECT
    r.our_ref,
    r.begun_at
FROM purchase AS p
INNER JOIN purchase_reference AS r ON p.purchase_id = r.purchase_id AND r.gateway = :gateway
INNER JOIN purchase_evidence AS e ON p.purchase_id = e.purchase_id AND r.our_ref = e.our_ref
WHERE p.fencing_token = :token AND p.lease_until IS NOT NULL
GROUP BY p.purchase_id, r.our_ref, r.begun_at, r.cut_off
HAVING
    bool_or(e.kind = 'UNSETTLED' AND e.answer <> 'CAPTURED' AND e.proves_at > r.cut_off)
    AND bool_or(e.kind = 'SETTLED' AND e.answer = 'ABSENT' AND e.proves_at > r.cut_off)
    AND NOT bool_or(e.kind = 'SEARCH' AND e.proves_at > r.cut_off)
    AND NOT bool_or(e.answer = 'CAPTURED')
ORDER BY min(p.next_ask_at), r.our_ref
LIMIT :at_most
