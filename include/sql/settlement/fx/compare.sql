-- purpose: Compare converted lines that a business date first saw with the reference of their day, and
--   again those for which there was none before. The reference is looked up once per pair of currencies
--   and day, not per line. One minor unit is rounding and never out of the band.
-- reads: settlement_line (one row per line), partner, gateway_account (one row per gateway), fx_rate (by
--   fx_reference)
-- writes: settlement_line_fx (one row per converted line)
-- params: business_date
WITH candidates AS (
    SELECT l.settlement_line_id
    FROM settlement_line AS l
    WHERE l.first_reconciled_on = :business_date AND l.currency <> l.settlement_currency
    UNION
    SELECT x.settlement_line_id
    FROM settlement_line_fx AS x
    WHERE x.expected_minor IS NULL AND x.business_date <= :business_date
),

converted AS MATERIALIZED (
    SELECT
        l.settlement_line_id,
        l.currency,
        l.settlement_currency,
        (l.booked_at AT TIME ZONE g.zone)::date AS booked_on,
        l.gross_minor,
        l.settlement_net_minor + coalesce(l.settlement_fee_minor, 0) AS found_minor,
        a.fx_band_bps
    FROM candidates AS c
    INNER JOIN settlement_line AS l ON l.settlement_line_id = c.settlement_line_id
    INNER JOIN partner AS g ON g.partner_id = l.gateway
    INNER JOIN gateway_account AS a ON a.gateway = l.gateway
    WHERE l.gross_minor <> 0
),

referenced AS MATERIALIZED (
    SELECT
        s.currency,
        s.settlement_currency,
        s.booked_on,
        r.day,
        r.minor_rate,
        r.way
    FROM (
        SELECT
            c.currency,
            c.settlement_currency,
            c.booked_on
        FROM converted AS c
        GROUP BY c.currency, c.settlement_currency, c.booked_on
    ) AS s
    CROSS JOIN LATERAL fx_reference(s.currency, s.settlement_currency, s.booked_on) AS r
),

expected AS (
    SELECT
        c.settlement_line_id,
        c.found_minor,
        c.fx_band_bps,
        r.day,
        r.minor_rate,
        r.way,
        round_minor(c.gross_minor * r.minor_rate, 'half-even') AS expected_minor
    FROM converted AS c
    LEFT JOIN referenced AS r
        ON
            r.currency = c.currency
            AND r.settlement_currency = c.settlement_currency
            AND r.booked_on = c.booked_on
)

INSERT INTO settlement_line_fx (
    settlement_line_id, business_date, judged_on, reference_day, minor_rate, way, expected_minor,
    found_minor, is_out
)
SELECT
    settlement_line_id,
    :business_date,
    CASE WHEN expected_minor IS NOT NULL THEN cast(:business_date AS date) END AS judged_on,
    day AS reference_day,
    minor_rate,
    way,
    expected_minor,
    found_minor,
    abs(expected_minor - found_minor)
    > greatest(1, abs(expected_minor::numeric) * fx_band_bps / 10000) AS is_out
FROM expected
ON CONFLICT (settlement_line_id) DO UPDATE SET
    judged_on = excluded.judged_on,
    reference_day = excluded.reference_day,
    minor_rate = excluded.minor_rate,
    way = excluded.way,
    expected_minor = excluded.expected_minor,
    is_out = excluded.is_out
