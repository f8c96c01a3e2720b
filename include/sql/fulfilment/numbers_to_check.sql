-- purpose: The tracking numbers that vendors announce for carriers whose rules for numbers are known.
-- reads: staged (one row per shipped line), partner (CARRIER)
-- writes: one row per carrier and tracking number
-- params: known_as (names of carriers with rules: small letters and digits only)
SELECT
    s.carrier,
    c.name,
    s.tracking_no
FROM (
    SELECT
        p.partner_id,
        p.name
    FROM partner AS p
    WHERE
        p.kind = 'CARRIER'
        AND regexp_replace(lower(p.name), '[^a-z0-9]', '', 'g') = ANY(:known_as)
) AS c
INNER JOIN staged AS s ON c.partner_id = s.carrier
GROUP BY s.carrier, c.name, s.tracking_no
ORDER BY s.carrier, s.tracking_no
