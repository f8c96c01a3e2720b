-- purpose: how a storefront is reached and where its customers go on; what is not given stays.
--   A card that is not known changes nothing.
-- reads: card_registration (at most one row)
-- writes: store_control (at most one row)
-- params: storefront, connection_id, resume_link, canary_card
UPDATE store_control AS s SET
    connection_id = coalesce(:connection_id, s.connection_id),
    resume_link = coalesce(:resume_link, s.resume_link),
    canary_card_id = coalesce(
        (
            SELECT r.card_registration_id FROM card_registration AS r
            WHERE r.registration_ref = cast(:canary_card AS text)
        ),
        s.canary_card_id
    )
WHERE
    s.storefront = :storefront
    AND (
        cast(:canary_card AS text) IS NULL
        OR EXISTS (
            SELECT FROM card_registration AS r
            WHERE r.registration_ref = cast(:canary_card AS text)
        )
    )
