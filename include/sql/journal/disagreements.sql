-- purpose: Where the journal is not what the proofs say. Per business date, side, gateway (or bank) and
--   currency, what the clearing and transit accounts gained must be what the proof left open beyond its
--   opening; and all entries of a kind must add up to zero. What is dated between two reconciliations
--   belongs to the later one.
-- reads: journal_sum (rows that add up to the postings), settlement_run, payout_run (one row per business date),
--   settlement_proof, payout_proof (one row per date, side, partner and currency), journal_open_side
-- writes: rows business_date, account, currency, journal_minor, proof_minor (none where all is well)
-- params: flow (settlement or payouts), after_day (exclusive), last_day
WITH sums AS MATERIALIZED (
    SELECT
        business_date,
        entry_kind,
        account,
        currency,
        sum(amount_minor) AS amount_minor
    FROM journal_sum
    WHERE business_date > :after_day AND business_date <= :last_day
    GROUP BY business_date, entry_kind, account, currency
),

dates AS (
    SELECT
        'settlement' AS flow,
        business_date
    FROM settlement_run
    UNION ALL
    SELECT
        'payouts' AS flow,
        business_date
    FROM payout_run
),

runs AS (
    SELECT
        business_date,
        lag(business_date, 1, cast(:after_day AS date)) OVER (ORDER BY business_date) AS after_day
    FROM dates
    WHERE flow = :flow AND business_date > :after_day AND business_date <= :last_day
),

booked AS (
    SELECT
        r.business_date,
        s.side,
        s.partner_id,
        j.currency,
        sum(s.sign * j.amount_minor) AS amount_minor
    FROM sums AS j
    INNER JOIN journal_open_side AS s ON s.account = j.account AND s.flow = :flow
    INNER JOIN runs AS r
        ON j.business_date > r.after_day AND j.business_date <= r.business_date
    GROUP BY r.business_date, s.side, s.partner_id, j.currency
),

proven AS (
    SELECT
        business_date,
        side,
        gateway AS partner_id,
        currency::text AS currency,
        exception_minor + open_minor - opening_minor AS amount_minor
    FROM settlement_proof
    WHERE :flow = 'settlement' AND business_date > :after_day AND business_date <= :last_day
    UNION ALL
    SELECT
        business_date,
        side,
        partner_id,
        currency::text AS currency,
        sum(exception_minor + open_minor - opening_minor) AS amount_minor
    FROM payout_proof
    WHERE :flow = 'payouts' AND business_date > :after_day AND business_date <= :last_day
    GROUP BY business_date, side, partner_id, currency
),

compared AS (
    SELECT
        coalesce(b.business_date, p.business_date) AS business_date,
        coalesce(b.side, p.side) || ' of ' || coalesce(b.partner_id, p.partner_id) AS account,
        coalesce(b.currency, p.currency) AS currency,
        coalesce(b.amount_minor, 0) AS journal_minor,
        coalesce(p.amount_minor, 0) AS proof_minor
    FROM booked AS b
    FULL OUTER JOIN proven AS p
        ON
            p.business_date = b.business_date
            AND p.side = b.side
            AND p.partner_id = b.partner_id
            AND p.currency = b.currency
    UNION ALL
    SELECT
        business_date,
        'entries of ' || entry_kind AS account,
        currency,
        sum(amount_minor) AS journal_minor,
        0 AS proof_minor
    FROM sums
    GROUP BY business_date, entry_kind, currency
)

SELECT
    business_date,
    account,
    currency,
    journal_minor::bigint AS journal_minor,
    proof_minor::bigint AS proof_minor
FROM compared
WHERE journal_minor <> proof_minor
ORDER BY business_date, account, currency
