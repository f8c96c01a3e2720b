-- purpose: customers to be told that they were not charged, with the address to go on at: purchases that
--   are proved not paid, and declined ones that were not tried again in time. Where one tender of
--   several was captured they are not told so, because it is not true: that one goes back.
-- reads: purchase (one row each), order_entry (row), store_control, purchase_terms,
--   purchase_tender_state (tender)
-- writes: nothing; one row per purchase
-- params: as_of
SELECT
    p.purchase_id,
    p.entry_id::text AS entry_id,
    p.order_ref,
    e.customer_email,
    replace(c.resume_link, '{entry_id}', p.entry_id::text) AS link
FROM purchase AS p
INNER JOIN store_control AS c ON p.storefront = c.storefront AND c.resume_link IS NOT NULL
CROSS JOIN purchase_terms AS t
INNER JOIN LATERAL (
    SELECT o.customer_email FROM order_entry AS o
    WHERE o.entry_id = p.entry_id AND o.customer_email IS NOT NULL
    ORDER BY o.entry_row_id
    LIMIT 1
) AS e ON TRUE
WHERE
    (
        p.status = 'NOT_PAID'
        OR (p.status = 'DECLINED' AND p.status_at + t.may_try_again <= :as_of)
    )
    AND NOT EXISTS (
        SELECT FROM purchase_tender_state AS k
        WHERE k.purchase_id = p.purchase_id AND (k.is_captured OR k.is_live)
    )
ORDER BY p.purchase_id
