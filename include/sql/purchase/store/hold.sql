-- purpose: a person's word on a switch: it holds until it is given back (null).
-- reads: nothing
-- writes: store_control (at most one row)
-- params: storefront, held_by
UPDATE store_control AS s SET held_by = :held_by
WHERE s.storefront = :storefront
