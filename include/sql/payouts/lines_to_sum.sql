-- purpose: What the lines of the payouts that have not tied come to. Payouts themselves are no lines of theirs,
--   and a reversal that names its payout is none of it either: it takes back what was paid before.
-- reads: payout (one row per payout), settlement_line (one row per line), source_file (one row per file)
-- writes: the line sums of the sum check (one row per gateway, account, batch, payout and currency)
-- params: as_of
WITH wanted AS (
    SELECT l.settlement_line_id
    FROM payout AS p
    INNER JOIN settlement_line AS l ON l.gateway = p.gateway AND l.payout_ref = p.payout_ref
    WHERE p.sum_ties_on IS NULL AND p.kind = 'payout'
    UNION
    SELECT l.settlement_line_id
    FROM payout AS p
    INNER JOIN settlement_line AS l ON l.gateway = p.gateway AND l.batch_no = p.batch_no
    WHERE p.sum_ties_on IS NULL AND p.kind = 'payout'
    UNION
    SELECT l.settlement_line_id
    FROM payout AS p
    INNER JOIN settlement_line AS l ON l.gateway = p.gateway AND l.batch_no = p.expected_on::text
    WHERE p.sum_ties_on IS NULL AND p.kind = 'payout'
)

SELECT
    l.gateway,
    l.account,
    l.batch_no,
    l.payout_ref,
    l.settlement_currency::text AS currency,
    sum(l.settlement_net_minor)::bigint AS net_minor,
    count(*) AS lines
FROM wanted AS w
INNER JOIN settlement_line AS l ON l.settlement_line_id = w.settlement_line_id
INNER JOIN source_file AS f ON f.source_file_id = l.source_file_id
WHERE
    f.received_at <= :as_of
    AND l.kind <> 'payout'
    AND (l.kind <> 'payout_reversal' OR l.payout_ref IS NULL)
GROUP BY l.gateway, l.account, l.batch_no, l.payout_ref, l.settlement_currency
