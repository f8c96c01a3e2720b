-- purpose: Judge the fees of the lines that a business date matched or, where they need no payment, first
--   saw; and again those for which no row or rate was known before. The most specific row of the rate
--   card holds; it is looked up once per kind, method, country, currencies and day, not per line.
-- reads: settlement_match (one row per payment and line), settlement_line (one row per line), partner,
--   rate_card_terms (one row per gateway), rate_card (one row per rate), fx_rate (by fx_reference)
-- writes: settlement_line_fee (one row per line)
-- params: business_date
WITH candidates AS (
    SELECT m.settlement_line_id
    FROM settlement_match AS m
    WHERE m.business_date = :business_date AND m.undone_at IS NULL
    UNION
    SELECT l.settlement_line_id
    FROM settlement_line AS l
    WHERE l.first_reconciled_on = :business_date AND l.kind NOT IN ('charge', 'refund')
    UNION
    SELECT f.settlement_line_id
    FROM settlement_line_fee AS f
    WHERE f.expected_minor IS NULL AND f.business_date <= :business_date
),

charged AS MATERIALIZED (
    SELECT
        l.settlement_line_id,
        l.gateway,
        l.kind,
        coalesce(lower(l.method), '') AS method,
        coalesce(upper(l.extra ->> t.country_column), '') AS country,
        l.currency,
        l.settlement_currency AS fee_currency,
        (l.booked_at AT TIME ZONE g.zone)::date AS booked_on,
        g.zone,
        abs(l.settlement_net_minor + coalesce(l.settlement_fee_minor, l.fee_minor)) AS amount_minor,
        coalesce(l.settlement_fee_minor, l.fee_minor) AS found_minor
    FROM candidates AS c
    INNER JOIN settlement_line AS l ON l.settlement_line_id = c.settlement_line_id
    INNER JOIN rate_card_terms AS t ON t.gateway = l.gateway
    INNER JOIN partner AS g ON g.partner_id = l.gateway
    WHERE
        EXISTS (
            SELECT 1 FROM rate_card AS r
            WHERE r.gateway = l.gateway AND r.kind = l.kind AND r.withdrawn_at IS NULL
        )
),

scopes AS MATERIALIZED (
    SELECT
        gateway,
        kind,
        method,
        country,
        currency,
        fee_currency,
        booked_on,
        zone,
        (date_trunc('month', booked_on) - interval '1 month') AS month_before
    FROM charged
    GROUP BY gateway, kind, method, country, currency, fee_currency, booked_on, zone
),

volumes AS MATERIALIZED (
    SELECT
        s.gateway,
        s.fee_currency,
        s.month_before,
        sum(l.settlement_net_minor + coalesce(l.settlement_fee_minor, l.fee_minor)) AS volume_minor
    FROM (
        SELECT DISTINCT
            c.gateway,
            c.fee_currency,
            c.month_before,
            c.zone
        FROM scopes AS c
        WHERE
            EXISTS (
                SELECT 1 FROM rate_card AS r
                WHERE
                    r.gateway = c.gateway
                    AND r.volume_from_minor > 0
                    AND r.withdrawn_at IS NULL
            )
    ) AS s
    INNER JOIN settlement_line AS l
        ON
            l.gateway = s.gateway
            AND l.settlement_currency = s.fee_currency
            AND l.booked_at >= s.month_before AT TIME ZONE s.zone
            AND l.booked_at < (s.month_before + interval '1 month') AT TIME ZONE s.zone
    WHERE l.kind = 'charge' AND l.first_reconciled_on <= :business_date
    GROUP BY s.gateway, s.fee_currency, s.month_before
),

fitting AS (
    SELECT
        s.*,
        r.rate_card_id,
        r.rank,
        r.volume_from_minor,
        r.fixed_minor,
        r.percent,
        r.minimum_minor,
        r.maximum_minor,
        CASE
            WHEN coalesce(r.amounts_in, s.fee_currency) = s.fee_currency THEN 1
            WHEN
                r.fixed_minor = 0
                AND r.volume_from_minor = 0
                AND num_nonnulls(r.minimum_minor, r.maximum_minor) = 0
                THEN 1
            ELSE (
                SELECT x.minor_rate
                FROM fx_reference(r.amounts_in, s.fee_currency, s.booked_on) AS x
            )
        END AS minor_rate
    FROM scopes AS s
    INNER JOIN rate_card AS r
        ON
            r.gateway = s.gateway
            AND r.kind = s.kind
            AND r.withdrawn_at IS NULL
            AND coalesce(r.method, s.method) = s.method
            AND (r.countries IS NULL OR s.country = ANY(r.countries))
            AND coalesce(r.currency, s.currency) = s.currency
            AND s.booked_on BETWEEN r.valid_from AND coalesce(r.valid_to, 'infinity')
),

chosen AS (
    SELECT DISTINCT ON (
        f.gateway, f.kind, f.method, f.country, f.currency, f.fee_currency, f.booked_on
    ) f.*
    FROM fitting AS f
    LEFT JOIN volumes AS v
        ON
            v.gateway = f.gateway
            AND v.fee_currency = f.fee_currency
            AND v.month_before = f.month_before
    WHERE
        f.volume_from_minor = 0
        OR coalesce(f.volume_from_minor * f.minor_rate <= coalesce(v.volume_minor, 0), TRUE)
    ORDER BY
        f.gateway, f.kind, f.method, f.country, f.currency, f.fee_currency, f.booked_on,
        f.rank DESC, f.volume_from_minor DESC
),

judged AS (
    SELECT
        c.settlement_line_id,
        c.fee_currency,
        c.amount_minor,
        c.found_minor,
        h.rate_card_id,
        round_minor(
            greatest(
                least(
                    c.amount_minor * h.percent * 0.01 + h.fixed_minor * h.minor_rate,
                    h.maximum_minor * h.minor_rate
                ),
                h.minimum_minor * h.minor_rate
            ),
            t.rounding
        ) AS expected_minor,
        CASE
            WHEN h.rate_card_id IS NULL THEN 'no_row'
            WHEN h.minor_rate IS NULL THEN 'no_reference_rate'
        END AS reason
    FROM charged AS c
    INNER JOIN rate_card_terms AS t ON t.gateway = c.gateway
    LEFT JOIN chosen AS h
        ON
            h.gateway = c.gateway
            AND h.kind = c.kind
            AND h.method = c.method
            AND h.country = c.country
            AND h.currency = c.currency
            AND h.fee_currency = c.fee_currency
            AND h.booked_on = c.booked_on
)

INSERT INTO settlement_line_fee (
    settlement_line_id, charged_line_id, business_date, rate_card_id, currency, amount_minor,
    expected_minor, found_minor, reason
)
SELECT
    settlement_line_id,
    settlement_line_id AS charged_line_id,
    :business_date,
    rate_card_id,
    fee_currency AS currency,
    amount_minor,
    CASE WHEN reason IS NULL THEN expected_minor END AS expected_minor,
    found_minor,
    reason
FROM judged
ON CONFLICT (settlement_line_id) DO UPDATE SET
    rate_card_id = excluded.rate_card_id,
    expected_minor = excluded.expected_minor,
    reason = excluded.reason
WHERE settlement_line_fee.expected_minor IS NULL
