-- purpose: What was open at the end of a past business date.
-- reads: settlement_open_as_of (one row per open payment or line)
-- writes: rows side, id, ref, gateway, kind, currency, amount_minor, first_reconciled_on, code
-- params: day
SELECT
    side,
    id,
    ref,
    gateway,
    kind,
    currency::text AS currency,
    amount_minor,
    first_reconciled_on,
    code
FROM settlement_open_as_of(:day)
ORDER BY side DESC, gateway, currency, id
