-- purpose: How the fees of gateways are judged; what was known of these gateways is replaced.
-- reads: new_rate_card_terms (one row per gateway)
-- writes: rate_card_terms
INSERT INTO rate_card_terms (
    gateway, rounding, tolerance_minor, tolerance_percent, country_column
)
SELECT
    n.gateway,
    n.rounding,
    n.tolerance_minor,
    n.tolerance_percent::numeric,
    n.country_column
FROM new_rate_card_terms AS n
ON CONFLICT (gateway) DO UPDATE SET
    rounding = excluded.rounding,
    tolerance_minor = excluded.tolerance_minor,
    tolerance_percent = excluded.tolerance_percent,
    country_column = excluded.country_column
