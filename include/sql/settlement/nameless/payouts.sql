-- purpose: The payouts that some lines are part of, and what all lines of each fall short of its amount: nothing
--   where the payout is whole. A line that names no payout is part of the payout of its batch. A payout
--   file outweighs the payout line of a settlement file, the later file the earlier one. A line in another
--   currency than its payout's is left out.
-- reads: settlement_line (one row per line), source_file (one row per file), payout_report (one row per row of a
--   payout file)
-- writes: rows line_id, payout_ref, net_minor, short_minor (one row per line of a payout that was told of)
-- params: line_ids, as_of
WITH asked AS MATERIALIZED (
    SELECT
        settlement_line_id,
        gateway,
        payout_ref,
        settlement_currency AS currency,
        settlement_net_minor AS net_minor,
        CASE WHEN payout_ref IS NULL THEN account END AS account,
        CASE WHEN payout_ref IS NULL THEN batch_no END AS batch_no
    FROM settlement_line
    WHERE
        settlement_line_id = any(cast(:line_ids AS bigint[]))
        AND currency = settlement_currency
        AND coalesce(payout_ref, batch_no) IS NOT NULL
),

keys AS MATERIALIZED (
    SELECT DISTINCT
        gateway,
        payout_ref,
        account,
        batch_no,
        currency
    FROM asked
),

lines AS (
    SELECT
        k.gateway,
        k.payout_ref,
        k.account,
        k.batch_no,
        k.currency,
        l.payout_ref AS told_ref,
        l.kind,
        l.settlement_net_minor AS net_minor,
        l.source_file_id,
        l.file_line
    FROM keys AS k
    INNER JOIN settlement_line AS l ON l.gateway = k.gateway AND l.payout_ref = k.payout_ref
    WHERE l.settlement_currency = k.currency
    UNION ALL
    SELECT
        k.gateway,
        k.payout_ref,
        k.account,
        k.batch_no,
        k.currency,
        l.payout_ref AS told_ref,
        l.kind,
        l.settlement_net_minor AS net_minor,
        l.source_file_id,
        l.file_line
    FROM keys AS k
    INNER JOIN settlement_line AS l ON l.gateway = k.gateway AND l.batch_no = k.batch_no
    WHERE
        l.settlement_currency = k.currency
        AND l.account = k.account
        AND (l.payout_ref IS NULL OR l.kind = 'payout')
),

told AS (
    SELECT
        l.gateway,
        l.payout_ref,
        l.account,
        l.batch_no,
        l.currency,
        coalesce(l.told_ref, l.source_file_id || ':' || l.file_line) AS told_ref,
        l.net_minor * -1 AS amount_minor,
        FALSE AS is_reported,
        l.source_file_id,
        l.file_line
    FROM lines AS l
    WHERE l.kind = 'payout'
    UNION ALL
    SELECT
        k.gateway,
        k.payout_ref,
        k.account,
        k.batch_no,
        k.currency,
        r.payout_ref AS told_ref,
        r.amount_minor,
        TRUE AS is_reported,
        r.source_file_id,
        r.file_line
    FROM keys AS k
    INNER JOIN payout_report AS r
        ON r.gateway = k.gateway AND r.payout_ref = k.payout_ref AND r.currency = k.currency
    WHERE r.kind = 'payout'
),

newest AS (
    SELECT
        t.*,
        row_number() OVER (
            PARTITION BY t.gateway, t.payout_ref, t.account, t.batch_no, t.currency, t.told_ref
            ORDER BY t.is_reported DESC, f.received_at DESC, t.source_file_id DESC, t.file_line DESC
        ) AS place
    FROM told AS t
    INNER JOIN source_file AS f ON f.source_file_id = t.source_file_id
    WHERE f.received_at <= :as_of
),

paid AS (
    SELECT
        gateway,
        payout_ref,
        account,
        batch_no,
        currency,
        sum(amount_minor) AS amount_minor
    FROM newest
    WHERE place = 1
    GROUP BY gateway, payout_ref, account, batch_no, currency
),

sums AS (
    SELECT
        l.gateway,
        l.payout_ref,
        l.account,
        l.batch_no,
        l.currency,
        sum(l.net_minor) AS net_minor
    FROM lines AS l
    INNER JOIN source_file AS f ON f.source_file_id = l.source_file_id
    WHERE
        f.received_at <= :as_of
        AND l.kind <> 'payout'
        AND (l.kind <> 'payout_reversal' OR l.told_ref IS NULL)
    GROUP BY l.gateway, l.payout_ref, l.account, l.batch_no, l.currency
)

SELECT
    a.settlement_line_id::text AS line_id,
    coalesce(a.payout_ref, a.account || ':' || a.batch_no) AS payout_ref,
    a.net_minor,
    (p.amount_minor - s.net_minor)::bigint AS short_minor
FROM asked AS a
INNER JOIN sums AS s
    ON
        s.gateway = a.gateway
        AND s.currency = a.currency
        AND (s.payout_ref = a.payout_ref OR (s.account = a.account AND s.batch_no = a.batch_no))
INNER JOIN paid AS p
    ON
        p.gateway = s.gateway
        AND p.currency = s.currency
        AND (p.payout_ref = s.payout_ref OR (p.account = s.account AND p.batch_no = s.batch_no))
