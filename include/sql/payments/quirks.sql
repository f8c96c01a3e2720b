-- purpose: the known faults of a connector's gateway at an instant, the newest first.
-- reads: gateway_quirk (one row per fault)
-- writes: nothing; one row per fault
-- params: connector, as_of
SELECT
    q.pattern,
    q.class AS error_class,
    q.action
FROM gateway_quirk AS q
WHERE q.connector = :connector AND q.valid_from <= :as_of AND :as_of < q.valid_to
ORDER BY q.valid_from DESC, q.gateway_quirk_id DESC
