-- purpose: Conversions of a gateway that are off the reference rate by more than its band: the lines of a day and
--   pair of currencies.
-- severity: low
-- grace: 0
-- remedy: Ask the gateway for the rate it used and the mark-up agreed on; claim the cost, or widen fx_band_bps.
-- resolves: a corrected line or reference rate comes, or a person decides
-- reads: settlement_line_fx (one row per converted line), settlement_run, settlement_line, source_file,
--   gateway_account
-- writes: one row per gateway, day and pair of currencies
-- params: as_of
WITH off AS (
    SELECT
        x.settlement_line_id,
        x.expected_minor,
        x.found_minor,
        jsonb_build_object(
            'day', x.reference_day, 'minor_rate', x.minor_rate, 'way', x.way
        ) AS reference,
        l.gateway,
        l.currency,
        l.settlement_currency,
        l.gross_minor,
        l.exchange_rate,
        l.gateway_ref,
        (l.booked_at AT TIME ZONE g.zone)::date AS day,
        g.zone,
        a.fx_band_bps,
        s.name AS file_name,
        l.file_line,
        row_number() OVER (
            PARTITION BY
                l.gateway,
                l.currency,
                l.settlement_currency,
                (l.booked_at AT TIME ZONE g.zone)::date
            ORDER BY abs(x.expected_minor - x.found_minor) DESC, x.settlement_line_id
        ) AS nth
    FROM settlement_line_fx AS x
    INNER JOIN settlement_run AS r ON r.business_date = x.business_date AND r.as_of <= :as_of
    INNER JOIN settlement_line AS l ON l.settlement_line_id = x.settlement_line_id
    INNER JOIN source_file AS s ON s.source_file_id = l.source_file_id
    INNER JOIN partner AS g ON g.partner_id = l.gateway
    INNER JOIN gateway_account AS a ON a.gateway = l.gateway
    WHERE x.is_out
)

SELECT
    concat_ws(':', o.gateway, o.currency || '-' || o.settlement_currency, o.day) AS subject,
    o.gateway AS partner_id,
    sum(abs(o.expected_minor - o.found_minor))::bigint AS amount_minor,
    o.settlement_currency AS currency,
    o.day::timestamp AT TIME ZONE o.zone AS since,
    ARRAY['partner:' || o.gateway] || array_agg(DISTINCT concat('file:', o.file_name)) AS keys,
    jsonb_build_object(
        'lines', count(*),
        'expected_minor', sum(o.expected_minor),
        'found_minor', sum(o.found_minor),
        'cost_minor', sum(o.expected_minor - o.found_minor),
        'band_bps', o.fx_band_bps,
        'references', jsonb_agg(DISTINCT o.reference),
        'worst', jsonb_agg(
            jsonb_build_object(
                'settlement_line_id', o.settlement_line_id, 'gateway_ref', o.gateway_ref,
                'file', o.file_name, 'line', o.file_line, 'gross_minor', o.gross_minor,
                'stated_rate', o.exchange_rate, 'expected_minor', o.expected_minor,
                'found_minor', o.found_minor
            ) ORDER BY o.nth
        ) FILTER (WHERE o.nth <= 10)
    ) AS evidence
FROM off AS o
GROUP BY o.gateway, o.currency, o.settlement_currency, o.day, o.zone, o.fx_band_bps
