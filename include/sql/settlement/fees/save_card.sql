-- purpose: Write the rows of rate cards that are not there as they are.
-- reads: new_rate_card (one row per rate; countries with commas between)
-- writes: rate_card (one row per rate)
-- params: as_of
INSERT INTO rate_card (
    gateway, kind, method, place, countries, currency, amounts_in, volume_from_minor, fixed_minor,
    percent, minimum_minor, maximum_minor, valid_from, valid_to, rank, stated_at, fingerprint,
    loaded_at
)
SELECT
    n.gateway,
    n.kind,
    n.method,
    n.place,
    string_to_array(n.countries, ',') AS countries,
    n.currency,
    n.amounts_in,
    n.volume_from_minor,
    n.fixed_minor::numeric,
    n.percent::numeric,
    n.minimum_minor::numeric,
    n.maximum_minor::numeric,
    n.valid_from,
    n.valid_to,
    n.rank,
    n.stated_at,
    n.fingerprint,
    :as_of
FROM new_rate_card AS n
ON CONFLICT (gateway, fingerprint) WHERE withdrawn_at IS NULL DO NOTHING
