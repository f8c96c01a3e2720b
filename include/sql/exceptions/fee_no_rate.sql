-- purpose: Lines whose fee cannot be judged: the gateway's rate card has no row for them, or its amounts cannot
--   be converted for want of a reference rate.
-- severity: low
-- grace: 0
-- remedy: Add the row to the gateway's rate card and load it, or load the reference rates of the days.
-- resolves: the next reconciliation finds a row
-- reads: settlement_line_fee (one row per judged line), settlement_run, settlement_line, rate_card_terms
-- writes: one row per gateway, reason, kind, method, country and currencies
-- params: as_of
WITH unknown AS (
    SELECT
        l.gateway,
        f.reason,
        l.kind,
        coalesce(lower(l.method), 'any') AS method,
        coalesce(upper(l.extra ->> t.country_column), 'any') AS country,
        l.currency,
        f.currency AS fee_currency,
        f.found_minor,
        l.booked_at
    FROM settlement_line_fee AS f
    INNER JOIN settlement_run AS r ON r.business_date = f.business_date AND r.as_of <= :as_of
    INNER JOIN settlement_line AS l ON l.settlement_line_id = f.settlement_line_id
    INNER JOIN rate_card_terms AS t ON t.gateway = l.gateway
    WHERE f.expected_minor IS NULL
)

SELECT
    concat_ws(
        ':', u.gateway, u.reason, u.kind, u.method, u.country, u.currency, u.fee_currency
    ) AS subject,
    u.gateway AS partner_id,
    abs(sum(u.found_minor))::bigint AS amount_minor,
    u.fee_currency AS currency,
    min(u.booked_at) AS since,
    ARRAY['partner:' || u.gateway] AS keys,
    jsonb_build_object(
        'reason', u.reason, 'kind', u.kind, 'method', u.method, 'country', u.country,
        'currency', u.currency, 'lines', count(*), 'fees_minor', sum(u.found_minor),
        'first_booked_at', min(u.booked_at), 'last_booked_at', max(u.booked_at)
    ) AS evidence
FROM unknown AS u
GROUP BY u.gateway, u.reason, u.kind, u.method, u.country, u.currency, u.fee_currency
