-- purpose: a person has seen at the gateway that a purchase is paid, which no proof could decide: that is
--   a proof, and the next run of the monitor goes on from it.
-- reads: purchase (one row), purchase_tender (tender)
-- writes: purchase_evidence (one row per tender)
-- params: entry_id, at
INSERT INTO purchase_evidence (
    purchase_id, payment_ref, our_ref, kind, answer, asked_at, cut_off, proves_at, currency,
    amount_minor
)
SELECT
    p.purchase_id,
    t.payment_ref,
    t.payment_ref || '-1' AS our_ref,
    'PERSON' AS kind,
    'CAPTURED' AS answer,
    :at AS asked_at,
    p.watched_from AS cut_off,
    :at AS proves_at,
    t.currency,
    t.amount_minor
FROM purchase AS p
INNER JOIN purchase_tender AS t ON p.purchase_id = t.purchase_id
WHERE p.entry_id = cast(:entry_id AS uuid) AND p.status = 'MANUAL'
ORDER BY t.payment_ref
