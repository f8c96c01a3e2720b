-- purpose: the customers of these purchases are told, by a mail that is planned now.
-- reads: told (purchase), purchase_tender_state (tender)
-- writes: purchase (NOT_PAID or DECLINED to CUSTOMER_TOLD)
-- params: as_of
UPDATE purchase AS p SET
    status = 'CUSTOMER_TOLD',
    status_at = :as_of,
    status_reason = NULL,
    told_attempt_no = coalesce((
        SELECT max(t.attempt_no) FROM purchase_tender_state AS t
        WHERE t.purchase_id = p.purchase_id
    ), 0)
FROM told AS d
WHERE p.purchase_id = d.purchase_id AND p.status IN ('NOT_PAID', 'DECLINED')
