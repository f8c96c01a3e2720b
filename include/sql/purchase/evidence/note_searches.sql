-- purpose: what searches showed of claimed purchases.
-- reads: purchase (one row each), purchase_reference (reference), searched (reference), seen (transaction)
-- writes: purchase_evidence (one row per reference)
-- params: token, as_of
INSERT INTO purchase_evidence (
    purchase_id, payment_ref, our_ref, kind, answer, asked_at, cut_off, proves_at, gateway_ref,
    currency, amount_minor
)
SELECT DISTINCT ON (r.purchase_id, r.our_ref)
    r.purchase_id,
    r.payment_ref,
    r.our_ref,
    'SEARCH' AS kind,
    coalesce(s.answer, 'ABSENT') AS answer,
    :as_of AS asked_at,
    r.cut_off,
    :as_of AS proves_at,
    s.gateway_ref,
    s.currency,
    s.amount_minor
FROM purchase AS p
INNER JOIN purchase_reference AS r ON p.purchase_id = r.purchase_id
INNER JOIN searched AS h ON r.our_ref = h.our_ref
LEFT JOIN seen AS s ON r.our_ref = s.our_ref
WHERE p.fencing_token = :token AND p.lease_until IS NOT NULL
ORDER BY
    r.purchase_id, r.our_ref, array_position(ARRAY['CAPTURED', 'PENDING', 'DECLINED'], s.answer)
