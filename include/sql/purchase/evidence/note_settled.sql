-- purpose: what a gateway's closed batches have of the claimed purchases, and whatever they have captured
--   of those that are not claimed and not known to be paid. Without a batch that was closed after a
--   request was sent there is nothing to say of it.
-- reads: purchase_reference (reference), purchase (one row each), settled_batch, settled_transaction
-- writes: purchase_evidence (one row per reference)
-- params: gateway, token, as_of, look_id
INSERT INTO purchase_evidence (
    purchase_id, payment_ref, our_ref, kind, answer, asked_at, cut_off, proves_at, gateway_ref,
    currency, amount_minor, gateway_look_id
)
WITH
newest AS (
    SELECT max(b.closed_at) AS closed_at
    FROM settled_batch AS b
    WHERE b.gateway = :gateway
),

wanted AS (
    SELECT p.purchase_id
    FROM purchase AS p
    WHERE
        p.status = 'PAY_UNKNOWN' AND p.fencing_token = :token AND p.lease_until IS NOT NULL
    UNION
    SELECT t.purchase_id
    FROM purchase AS p
    INNER JOIN purchase_tender AS t ON p.purchase_id = t.purchase_id AND t.gateway = :gateway
    INNER JOIN settled_transaction AS s
        ON
            s.gateway = :gateway
            AND s.captured
            AND t.payment_ref = regexp_replace(s.our_ref, '-[0-9]+$', '')
    WHERE
        p.status IN ('NOT_PAID', 'CUSTOMER_TOLD', 'EXPIRED', 'MANUAL', 'DECLINED')
        AND NOT EXISTS (
            SELECT FROM purchase_evidence AS e
            WHERE
                e.purchase_id = p.purchase_id
                AND e.our_ref = s.our_ref
                AND e.answer = 'CAPTURED'
        )
)

SELECT
    r.purchase_id,
    r.payment_ref,
    r.our_ref,
    'SETTLED' AS kind,
    CASE WHEN s.our_ref IS NULL THEN 'ABSENT' ELSE 'CAPTURED' END AS answer,
    :as_of AS asked_at,
    r.cut_off,
    n.closed_at AS proves_at,
    s.gateway_ref,
    s.currency,
    s.amount_minor,
    :look_id AS gateway_look_id
FROM wanted AS w
INNER JOIN purchase_reference AS r ON w.purchase_id = r.purchase_id AND r.gateway = :gateway
INNER JOIN newest AS n ON r.sent_at < n.closed_at
LEFT JOIN LATERAL (
    SELECT t.*
    FROM settled_transaction AS t
    WHERE t.gateway = :gateway AND t.our_ref = r.our_ref AND t.captured
    ORDER BY t.batch_id, t.gateway_ref
    LIMIT 1
) AS s ON TRUE
ORDER BY r.purchase_id, r.our_ref
