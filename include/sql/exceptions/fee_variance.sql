-- purpose: Fees that a gateway took beyond, or short of, what its rate card says: the lines of a day and method
--   that are off by more than the tolerance.
-- severity: low
-- grace: 0
-- remedy: Send the gateway the lines and the row of the rate card. Where the card is out of date, correct its
--   file, load it, and decide this case by hand.
-- resolves: a correction line comes
-- reads: settlement_line_fee (one row per judged line and per fee line that belongs to one), settlement_run,
--   settlement_line, source_file, rate_card, rate_card_terms
-- writes: one row per gateway, method, day and currency
-- params: as_of
WITH differences AS (
    SELECT
        f.charged_line_id,
        sum(f.found_minor - f.expected_minor) AS variance_minor
    FROM settlement_line_fee AS f
    INNER JOIN settlement_run AS r ON r.business_date = f.business_date AND r.as_of <= :as_of
    WHERE f.expected_minor <> f.found_minor
    GROUP BY f.charged_line_id
),

off AS (
    SELECT
        d.charged_line_id,
        d.variance_minor,
        c.expected_minor,
        c.currency,
        c.rate_card_id,
        l.gateway,
        coalesce(lower(l.method), 'any') AS method,
        (l.booked_at AT TIME ZONE g.zone)::date AS day,
        g.zone,
        l.gateway_ref,
        s.name AS file_name,
        l.file_line,
        row_number() OVER (
            PARTITION BY
                l.gateway,
                lower(l.method),
                (l.booked_at AT TIME ZONE g.zone)::date,
                c.currency
            ORDER BY abs(d.variance_minor) DESC, d.charged_line_id
        ) AS nth
    FROM differences AS d
    INNER JOIN settlement_line_fee AS c ON c.settlement_line_id = d.charged_line_id
    INNER JOIN settlement_line AS l ON l.settlement_line_id = d.charged_line_id
    INNER JOIN source_file AS s ON s.source_file_id = l.source_file_id
    INNER JOIN partner AS g ON g.partner_id = l.gateway
    INNER JOIN rate_card_terms AS t ON t.gateway = l.gateway
    WHERE
        abs(d.variance_minor)
        > greatest(t.tolerance_minor, abs(c.expected_minor) * t.tolerance_percent * 0.01)
),

sums AS (
    SELECT
        o.gateway,
        o.method,
        o.day,
        o.currency,
        o.zone,
        o.file_name,
        o.rate_card_id,
        count(*) AS lines,
        sum(abs(o.variance_minor)) AS amount_minor,
        sum(o.expected_minor) AS expected_minor,
        sum(o.variance_minor) AS variance_minor
    FROM off AS o
    GROUP BY o.gateway, o.method, o.day, o.currency, o.zone, o.file_name, o.rate_card_id
),

worst AS (
    SELECT
        o.gateway,
        o.method,
        o.day,
        o.currency,
        jsonb_agg(
            jsonb_build_object(
                'settlement_line_id', o.charged_line_id, 'gateway_ref', o.gateway_ref,
                'file', o.file_name, 'line', o.file_line, 'expected_minor', o.expected_minor,
                'found_minor', o.expected_minor + o.variance_minor
            ) ORDER BY o.nth
        ) AS lines
    FROM off AS o
    WHERE o.nth <= 10
    GROUP BY o.gateway, o.method, o.day, o.currency
)

SELECT
    concat_ws(':', s.gateway, s.method, s.day, s.currency) AS subject,
    s.gateway AS partner_id,
    sum(s.amount_minor)::bigint AS amount_minor,
    s.currency,
    s.day::timestamp AT TIME ZONE s.zone AS since,
    ARRAY['partner:' || s.gateway] || array_agg(DISTINCT concat('file:', s.file_name)) AS keys,
    jsonb_build_object(
        'lines', sum(s.lines),
        'expected_minor', sum(s.expected_minor),
        'found_minor', sum(s.expected_minor + s.variance_minor),
        'variance_minor', sum(s.variance_minor),
        'rate_card', array_agg(DISTINCT r.stated_at),
        'worst', w.lines
    ) AS evidence
FROM sums AS s
INNER JOIN rate_card AS r ON r.rate_card_id = s.rate_card_id
INNER JOIN worst AS w
    ON
        w.gateway = s.gateway
        AND w.method = s.method
        AND w.day = s.day
        AND w.currency = s.currency
GROUP BY s.gateway, s.method, s.day, s.currency, s.zone, w.lines
