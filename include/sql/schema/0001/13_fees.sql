-- purpose: what gateways may charge and what they did, exchange rates by reference and as paid, and how
--   long settlement takes.

ALTER TABLE settlement_line ADD COLUMN settlement_fee_minor bigint;
COMMENT ON COLUMN settlement_line.settlement_fee_minor IS
'The fee in the settlement currency, positive as a cost; null means that it is fee_minor.';
CREATE INDEX settlement_line_of_fee ON settlement_line (settlement_line_id) WHERE kind = 'fee';
CREATE INDEX settlement_line_booked ON settlement_line USING brin (booked_at);

ALTER TABLE gateway_account
ADD COLUMN fx_band_bps integer NOT NULL DEFAULT 100 CHECK (fx_band_bps >= 0),
ADD COLUMN lag_spare_days integer NOT NULL DEFAULT 1 CHECK (lag_spare_days >= 0);
COMMENT ON COLUMN gateway_account.fx_band_bps IS
'By how many basis points a conversion may be off the reference rate.';
COMMENT ON COLUMN gateway_account.lag_spare_days IS
'Business days beyond the learned settlement lag before money is overdue.';

CREATE TABLE fx_rate (
    day date NOT NULL,
    base char(3) NOT NULL,
    quote char(3) NOT NULL CHECK (quote <> base),
    rate numeric NOT NULL CHECK (rate > 0),
    minor_rate numeric NOT NULL CHECK (minor_rate > 0),
    source_file_id bigint REFERENCES source_file,
    file_line integer,
    PRIMARY KEY (day, base, quote)
);
COMMENT ON TABLE fx_rate IS
'Reference rates: what one unit of base was worth in quote on a day. minor_rate is the same for one
minor unit in minor units. A later file replaces the rate of a day.';

CREATE FUNCTION fx_reference(from_currency text, to_currency text, on_day date)
RETURNS TABLE (day date, minor_rate numeric, way text)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT w.day, w.minor_rate, w.way
      FROM (
        SELECT r.day, r.minor_rate, 'direct' AS way, 1 AS preference
          FROM fx_rate AS r
         WHERE r.day BETWEEN on_day - 7 AND on_day AND r.base = from_currency AND r.quote = to_currency
        UNION ALL
        SELECT r.day, 1 / r.minor_rate, 'inverse', 2
          FROM fx_rate AS r
         WHERE r.day BETWEEN on_day - 7 AND on_day AND r.base = to_currency AND r.quote = from_currency
        UNION ALL
        SELECT f.day, t.minor_rate / f.minor_rate, 'by ' || f.base, 3
          FROM fx_rate AS f
          JOIN fx_rate AS t ON t.day = f.day AND t.base = f.base
         WHERE f.day BETWEEN on_day - 7 AND on_day
           AND f.quote = from_currency AND t.quote = to_currency
      ) AS w
     ORDER BY w.day DESC, w.preference, w.way
     LIMIT 1
$$;
COMMENT ON FUNCTION fx_reference IS
'What a minor unit is worth in minor units of another currency: the newest reference of the day and
the seven before it; stated so, the other way round, or by way of a third currency. Else no row.';

CREATE TABLE rate_card_terms (
    gateway text PRIMARY KEY REFERENCES partner,
    rounding text NOT NULL CHECK (rounding IN ('half-even', 'half-up')),
    tolerance_minor bigint NOT NULL CHECK (tolerance_minor >= 0),
    tolerance_percent numeric NOT NULL CHECK (tolerance_percent >= 0),
    country_column text
);
COMMENT ON TABLE rate_card_terms IS
'How the fees of a gateway with a rate card are judged: a line may be off by the greater of the two
tolerances. country_column is the key of settlement_line.extra with the card''s country.';

CREATE TABLE rate_card (
    rate_card_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway text NOT NULL REFERENCES rate_card_terms,
    kind text NOT NULL,
    method text,
    place text,
    countries text[],
    currency char(3),
    amounts_in char(3),
    volume_from_minor bigint NOT NULL DEFAULT 0 CHECK (volume_from_minor >= 0),
    fixed_minor numeric NOT NULL,
    percent numeric NOT NULL,
    minimum_minor numeric,
    maximum_minor numeric CHECK (maximum_minor >= minimum_minor),
    valid_from date NOT NULL,
    valid_to date CHECK (valid_to >= valid_from),
    rank integer NOT NULL,
    stated_at text NOT NULL,
    fingerprint text NOT NULL,
    loaded_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    CHECK ((place IS NULL) = (countries IS NULL))
);
CREATE UNIQUE INDEX rate_card_row ON rate_card (gateway, fingerprint) WHERE withdrawn_at IS NULL;
CREATE TRIGGER rate_card_stays BEFORE DELETE OR TRUNCATE ON rate_card
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE rate_card IS
'What a gateway may charge for a line of a kind: fixed_minor plus percent of the amount, at least
minimum_minor, at most maximum_minor. What is null in method, countries, currency fits all. Rows do
not change; one that a newer file leaves out is withdrawn, and still explains what it judged.';
COMMENT ON COLUMN rate_card.amounts_in IS
'The currency of all minor units of the row; null means that of the fee.';
COMMENT ON COLUMN rate_card.volume_from_minor IS
'The row needs so much gross of charges in the calendar month before.';
COMMENT ON COLUMN rate_card.rank IS 'Of the rows that fit a line, the highest rank holds.';
COMMENT ON COLUMN rate_card.stated_at IS 'The file and the row that stated it first.';
COMMENT ON COLUMN rate_card.fingerprint IS 'All that the row says: equal rows are one row.';

CREATE FUNCTION round_minor(amount numeric, mode text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
CASE
    WHEN mode = 'half-even' AND abs(amount) - trunc(abs(amount)) = 0.5
        THEN 2 * round(amount * 0.5)
    ELSE round(amount)
END::bigint;
COMMENT ON FUNCTION round_minor IS
'The nearest whole number; halves go to the even neighbour or away from zero (half-up).';

CREATE TABLE settlement_line_fee (
    settlement_line_id bigint PRIMARY KEY,
    charged_line_id bigint NOT NULL,
    business_date date NOT NULL,
    rate_card_id bigint,
    currency char(3) NOT NULL,
    amount_minor bigint NOT NULL,
    expected_minor bigint,
    found_minor bigint NOT NULL,
    reason text CHECK (reason IN ('no_row', 'no_reference_rate')),
    CHECK ((expected_minor IS NULL) = (reason IS NOT NULL))
);
CREATE INDEX settlement_line_fee_date ON settlement_line_fee USING brin (business_date);
CREATE INDEX settlement_line_fee_off ON settlement_line_fee (charged_line_id)
WHERE expected_minor <> found_minor;
CREATE INDEX settlement_line_fee_unknown ON settlement_line_fee (business_date)
WHERE expected_minor IS NULL;
SELECT refer('settlement_line_fee', 'settlement_line_id', 'settlement_line', 'settlement_line_id');
SELECT refer(
    'settlement_line_fee', 'charged_line_id', 'settlement_line', 'settlement_line_id',
    'settlement_line_id'
);
SELECT refer('settlement_line_fee', 'rate_card_id', 'rate_card', 'rate_card_id');
COMMENT ON TABLE settlement_line_fee IS
'The fee of each judged line, expected by the rate card and found, in the settlement currency. A fee
line that names another line is a part of that one''s fee (charged_line_id) and expects nothing.
amount_minor is the gross of which the fee is a part. Nothing is expected where no row of the card
fits (no_row), or where its amounts cannot be converted (no_reference_rate).';

CREATE VIEW settlement_fee AS
SELECT
    l.gateway,
    f.currency,
    date_trunc('month', l.booked_at AT TIME ZONE g.zone)::date AS month,
    count(*) FILTER (WHERE f.settlement_line_id = f.charged_line_id) AS lines,
    sum(f.amount_minor)::bigint AS amount_minor,
    sum(f.expected_minor)::bigint AS expected_minor,
    sum(f.found_minor) FILTER (WHERE f.expected_minor IS NOT NULL)::bigint AS found_minor,
    sum(f.found_minor - f.expected_minor)::bigint AS variance_minor,
    count(*) FILTER (WHERE f.expected_minor IS NULL) AS lines_without_rate,
    sum(f.found_minor) FILTER (WHERE f.expected_minor IS NULL)::bigint AS found_without_rate_minor
FROM settlement_line_fee AS f
INNER JOIN settlement_line AS l ON l.settlement_line_id = f.charged_line_id
INNER JOIN partner AS g ON g.partner_id = l.gateway
GROUP BY l.gateway, f.currency, date_trunc('month', l.booked_at AT TIME ZONE g.zone);
COMMENT ON VIEW settlement_fee IS
'Fees per gateway, currency and month: expected by the rate card, found, and the difference.';

CREATE TABLE settlement_line_fx (
    settlement_line_id bigint PRIMARY KEY REFERENCES settlement_line,
    business_date date NOT NULL,
    judged_on date CHECK (judged_on >= business_date),
    reference_day date,
    minor_rate numeric,
    way text,
    expected_minor bigint,
    found_minor bigint NOT NULL,
    is_out boolean,
    CHECK (num_nulls(judged_on, reference_day, minor_rate, way, expected_minor, is_out) IN (0, 6))
);
CREATE INDEX settlement_line_fx_date ON settlement_line_fx (business_date);
CREATE INDEX settlement_line_fx_judged ON settlement_line_fx (judged_on);
CREATE INDEX settlement_line_fx_out ON settlement_line_fx (settlement_line_id) WHERE is_out;
CREATE INDEX settlement_line_fx_unknown ON settlement_line_fx (business_date)
WHERE expected_minor IS NULL;
COMMENT ON TABLE settlement_line_fx IS
'Each converted line: its gross in the settlement currency as found and by the reference of its day.
Without a reference nothing is expected and nothing judged; one that comes late is booked on the
business date that had it first (judged_on).';

CREATE VIEW settlement_fx AS
SELECT
    l.gateway,
    l.currency,
    l.settlement_currency,
    date_trunc('month', l.booked_at AT TIME ZONE g.zone)::date AS month,
    count(*) AS lines,
    count(*) FILTER (WHERE x.is_out) AS lines_out_of_band,
    count(*) FILTER (WHERE x.expected_minor IS NULL) AS lines_without_reference,
    sum(x.expected_minor)::bigint AS expected_minor,
    sum(x.found_minor) FILTER (WHERE x.expected_minor IS NOT NULL)::bigint AS found_minor,
    sum(x.expected_minor - x.found_minor)::bigint AS cost_minor
FROM settlement_line_fx AS x
INNER JOIN settlement_line AS l ON l.settlement_line_id = x.settlement_line_id
INNER JOIN partner AS g ON g.partner_id = l.gateway
GROUP BY
    l.gateway, l.currency, l.settlement_currency,
    date_trunc('month', l.booked_at AT TIME ZONE g.zone);
COMMENT ON VIEW settlement_fx IS
'What conversion cost per gateway, pair of currencies and month, against the reference rates.';

CREATE TABLE settlement_lag_day (
    business_date date NOT NULL,
    gateway text NOT NULL REFERENCES partner,
    method text NOT NULL,
    lag_days integer NOT NULL CHECK (lag_days >= 0),
    matches bigint NOT NULL,
    PRIMARY KEY (business_date, gateway, method, lag_days)
);
COMMENT ON TABLE settlement_lag_day IS
'How many charges each reconciliation matched, by how many business days of the gateway''s calendar
passed from capture until we had the line.';

CREATE FUNCTION settlement_lag(before date) RETURNS TABLE (
    gateway text, method text, matches bigint, p50_days integer, p99_days integer,
    fixed_days integer, learned_days integer
) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH counted AS (
        SELECT d.gateway, d.method, d.lag_days, sum(d.matches) AS matches
          FROM settlement_lag_day AS d
         WHERE d.business_date >= before - 90 AND d.business_date < before
         GROUP BY d.gateway, d.method, d.lag_days
    ), running AS (
        SELECT c.gateway, c.method, c.lag_days,
               sum(c.matches) OVER (PARTITION BY c.gateway, c.method ORDER BY c.lag_days) AS up_to,
               sum(c.matches) OVER (PARTITION BY c.gateway, c.method) AS total
          FROM counted AS c
    ), lags AS (
        SELECT r.gateway, r.method, max(r.total)::bigint AS matches,
               min(r.lag_days) FILTER (WHERE r.up_to * 100 >= r.total * 50) AS p50_days,
               min(r.lag_days) FILTER (WHERE r.up_to * 100 >= r.total * 99) AS p99_days
          FROM running AS r GROUP BY r.gateway, r.method
    )
    SELECT l.gateway, l.method, l.matches, l.p50_days, l.p99_days, a.overdue_business_days,
           CASE WHEN l.matches >= 200 THEN l.p99_days + a.lag_spare_days END
      FROM lags AS l JOIN gateway_account AS a ON a.gateway = l.gateway
$$;
COMMENT ON FUNCTION settlement_lag IS
'The settlement lag per gateway and method in the 90 days before a business date: half (p50) and
99 of 100 (p99) of the charges had their line within so many business days. learned_days, from 200 charges
on, is then the grace before money is overdue; below that it is null and fixed_days holds.';
