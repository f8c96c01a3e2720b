-- purpose: Withdraw the rows of rate cards that the new cards of their gateways leave out or state otherwise.
-- reads: new_rate_card (one row per rate), new_rate_card_terms (one row per gateway)
-- writes: rate_card.withdrawn_at
-- params: as_of
UPDATE rate_card
SET withdrawn_at = :as_of
FROM new_rate_card_terms AS t
WHERE
    t.gateway = rate_card.gateway
    AND rate_card.withdrawn_at IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM new_rate_card AS n
        WHERE n.gateway = rate_card.gateway AND n.fingerprint = rate_card.fingerprint
    )
