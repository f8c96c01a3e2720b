-- purpose: Open the cases whose grace is over.
-- reads: nothing
-- writes: exception_case (PENDING to OPEN)
-- params: as_of
UPDATE exception_case
SET
    status = 'OPEN',
    status_at = :as_of,
    status_reason = 'grace is over',
    opened_at = coalesce(opened_at, :as_of)
WHERE closed_at IS NULL AND status = 'PENDING' AND grace_until <= :as_of
