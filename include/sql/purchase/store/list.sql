-- purpose: the switches as people see them.
-- reads: store_control (one row each)
-- writes: nothing; one row per storefront
-- params: none
SELECT
    s.storefront,
    s.status,
    s.status_at AS since,
    s.held_by,
    s.revision,
    s.status_reason AS reason
FROM store_control AS s
ORDER BY s.storefront
