-- purpose: The proof of the newest reconciled date.
-- reads: settlement_proof (one row per date, side, gateway and currency), settlement_run
-- writes: rows business_date, side, gateway, currency, opening, new, reopened, matched,
--   exceptions, open, written_off (counts)
SELECT
    business_date,
    side,
    gateway,
    currency::text AS currency,
    opening_count AS opening,
    new_count AS new,
    reopened_count AS reopened,
    matched_count AS matched,
    exception_count AS exceptions,
    open_count AS open,
    written_off_count AS written_off
FROM settlement_proof
WHERE business_date = (SELECT max(r.business_date) FROM settlement_run AS r)
ORDER BY gateway, currency, side DESC
