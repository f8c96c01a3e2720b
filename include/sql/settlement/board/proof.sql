-- purpose: The proof of a business date, and what of it is unexplained.
-- reads: settlement_proof (one row per date, side, gateway and currency)
-- writes: rows side, gateway, currency, and count and sum of each bucket and of unexplained
-- params: day
SELECT
    p.side,
    p.gateway,
    p.currency::text AS currency,
    p.opening_count,
    p.opening_minor,
    p.new_count,
    p.new_minor,
    p.reopened_count,
    p.reopened_minor,
    p.matched_count,
    p.matched_minor,
    p.linked_count,
    p.linked_minor,
    p.by_kind_count,
    p.by_kind_minor,
    p.exception_count,
    p.exception_minor,
    p.open_count,
    p.open_minor,
    p.written_off_count,
    p.written_off_minor,
    p.opening_count + p.new_count + p.reopened_count - p.matched_count - p.linked_count
    - p.by_kind_count - p.exception_count - p.open_count - p.written_off_count
        AS unexplained_count,
    p.opening_minor + p.new_minor + p.reopened_minor - p.matched_minor - p.linked_minor
    - p.by_kind_minor - p.exception_minor - p.open_minor - p.written_off_minor
        AS unexplained_minor
FROM settlement_proof AS p
WHERE p.business_date = :day
ORDER BY p.gateway, p.currency, p.side DESC
