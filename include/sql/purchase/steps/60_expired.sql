-- purpose: a purchase that nobody resumed, or whose customer nobody can tell, ends.
-- reads: purchase_terms
-- writes: purchase (CUSTOMER_TOLD, DECLINED or NOT_PAID to EXPIRED)
-- params: as_of
UPDATE purchase AS p SET
    status = 'EXPIRED',
    status_at = :as_of,
    status_reason = CASE
        WHEN p.status = 'CUSTOMER_TOLD' THEN 'not resumed in time'
        ELSE 'the customer could not be told'
    END,
    told_attempt_no = coalesce(p.told_attempt_no, (
        SELECT max(t.attempt_no) FROM purchase_tender_state AS t
        WHERE t.purchase_id = p.purchase_id
    ), 0)
FROM purchase_terms AS t
WHERE
    p.status IN ('CUSTOMER_TOLD', 'DECLINED', 'NOT_PAID')
    AND p.status_at + t.may_resume <= :as_of
