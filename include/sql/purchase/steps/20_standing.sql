-- purpose: how every purchase stands that is not paid yet, over all of its tenders.
-- reads: purchase (one row each), purchase_tender_state (tender), purchase_terms
-- writes: temporary table standing (purchase)
-- params: as_of
CREATE TEMP TABLE standing ON COMMIT DROP AS
SELECT
    p.purchase_id,
    p.status,
    p.watched_from,
    p.told_attempt_no,
    count(*) AS tenders,
    bool_and(t.is_captured) AS is_paid,
    max(t.captured_at) AS paid_at,
    bool_or(t.is_captured) AS is_paid_in_part,
    bool_or(t.is_live AND NOT t.is_captured) AS is_live,
    bool_or(t.tender_status = 'HELD') AS is_held,
    bool_and(
        t.is_captured OR coalesce(t.attempt_status IN ('SOFT_DECLINE', 'HARD_DECLINE'), FALSE)
    ) AND NOT bool_and(t.is_captured) AS is_declined,
    max(t.attempt_at) AS attempt_at,
    max(t.attempt_no) AS attempt_no,
    min(t.begun_at) FILTER (
        WHERE t.attempt_no > coalesce(p.told_attempt_no, 0)
    ) AS sent_at
FROM purchase AS p
INNER JOIN purchase_tender_state AS t ON p.purchase_id = t.purchase_id
CROSS JOIN purchase_terms AS s
WHERE
    p.status IN (
        'CAPTURED', 'PAY_SENT', 'PAY_UNKNOWN', 'DECLINED', 'NOT_PAID', 'CUSTOMER_TOLD', 'RESUMED',
        'MANUAL'
    )
    OR (p.status = 'EXPIRED' AND p.status_at + s.late_proofs_for > :as_of)
GROUP BY p.purchase_id
