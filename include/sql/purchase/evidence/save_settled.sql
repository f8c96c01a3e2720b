-- purpose: the charges in a closed batch that carry a reference of ours.
-- reads: seen (transaction)
-- writes: settled_transaction (one row each)
-- params: gateway, batch_id
INSERT INTO settled_transaction (
    gateway, batch_id, gateway_ref, our_ref, captured, currency, amount_minor
)
SELECT
    :gateway,
    :batch_id,
    s.gateway_ref,
    s.our_ref,
    s.answer = 'CAPTURED' AS captured,
    s.currency,
    s.amount_minor
FROM seen AS s
WHERE s.our_ref <> ''
ON CONFLICT (gateway, batch_id, gateway_ref) DO NOTHING
