-- purpose: what a gateway's list of unsettled transactions has of the claimed purchases, and whatever
--   it has captured of those that are not claimed and not known to be paid.
-- reads: purchase_reference (reference), purchase (one row each), seen (transaction)
-- writes: purchase_evidence (one row per reference)
-- params: gateway, token, as_of, look_id
INSERT INTO purchase_evidence (
    purchase_id, payment_ref, our_ref, kind, answer, asked_at, cut_off, proves_at, gateway_ref,
    currency, amount_minor, gateway_look_id
)
WITH
best AS (
    SELECT DISTINCT ON (s.our_ref) s.*
    FROM seen AS s
    WHERE s.our_ref <> ''
    ORDER BY s.our_ref, array_position(ARRAY['CAPTURED', 'PENDING', 'DECLINED'], s.answer)
),

wanted AS (
    SELECT p.purchase_id
    FROM purchase AS p
    WHERE
        p.status = 'PAY_UNKNOWN' AND p.fencing_token = :token AND p.lease_until IS NOT NULL
    UNION
    SELECT t.purchase_id
    FROM best AS b
    INNER JOIN purchase_tender AS t ON t.payment_ref = regexp_replace(b.our_ref, '-[0-9]+$', '')
    INNER JOIN purchase AS p ON t.purchase_id = p.purchase_id
    WHERE
        b.answer = 'CAPTURED'
        AND t.gateway = :gateway
        AND p.status IN ('NOT_PAID', 'CUSTOMER_TOLD', 'EXPIRED', 'MANUAL', 'DECLINED')
        AND NOT EXISTS (
            SELECT FROM purchase_evidence AS e
            WHERE
                e.purchase_id = p.purchase_id
                AND e.our_ref = b.our_ref
                AND e.answer = 'CAPTURED'
        )
)

SELECT
    r.purchase_id,
    r.payment_ref,
    r.our_ref,
    'UNSETTLED' AS kind,
    coalesce(b.answer, 'ABSENT') AS answer,
    :as_of AS asked_at,
    r.cut_off,
    :as_of AS proves_at,
    b.gateway_ref,
    b.currency,
    b.amount_minor,
    :look_id AS gateway_look_id
FROM wanted AS w
INNER JOIN purchase_reference AS r ON w.purchase_id = r.purchase_id AND r.gateway = :gateway
LEFT JOIN best AS b ON r.our_ref = b.our_ref
ORDER BY r.purchase_id, r.our_ref
