-- purpose: move the switch of a storefront, if nobody has moved it since.
-- reads: nothing
-- writes: store_control (at most one row)
-- params: storefront, revision, status, reason, as_of
UPDATE store_control AS s SET
    status = :status,
    status_at = :as_of,
    status_reason = :reason,
    revision = s.revision + 1,
    closed_at = CASE
        WHEN :status = 'OPEN' THEN NULL
        ELSE coalesce(s.closed_at, cast(:as_of AS timestamptz))
    END
WHERE s.storefront = :storefront AND s.revision = :revision
