-- purpose: The proof of the newest reconciled date.
-- reads: settlement_proof (one row per date, side, gateway and currency), settlement_run
-- writes: rows business_date, side, gateway, currency, opening, new, matched, exceptions, open (counts)
SELECT
    business_date,
    side,
    gateway,
    currency::text AS currency,
    opening_count AS opening,
    new_count AS new,
    matched_count AS matched,
    exception_count AS exceptions,
    open_count AS open
FROM settlement_proof
WHERE business_date = (SELECT max(r.business_date) FROM settlement_run AS r)
ORDER BY gateway, currency, side DESC
