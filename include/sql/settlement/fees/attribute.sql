-- purpose: Fee lines that name a line whose fee is judged are a part of its fee: by its reference at the
--   gateway, else by ours. Looks from new fee lines to all judged lines, and from
--   earlier fee lines that name none yet to those judged on this business date.
-- reads: settlement_line (one row per line), settlement_line_fee (one row per judged line)
-- writes: settlement_line_fee (one row per fee line that names a line)
-- params: business_date
WITH earlier AS MATERIALIZED (
    SELECT
        f.settlement_line_id,
        f.gateway,
        f.gateway_ref,
        f.original_ref,
        f.order_ref
    FROM settlement_line AS f
    INNER JOIN rate_card_terms AS t ON t.gateway = f.gateway
    WHERE
        f.kind = 'fee'
        AND f.first_reconciled_on < :business_date
        AND NOT EXISTS (
            SELECT 1 FROM settlement_line_fee AS k
            WHERE k.settlement_line_id = f.settlement_line_id
        )
),

named AS (
    SELECT
        f.settlement_line_id,
        c.settlement_line_id AS charged_line_id,
        1 AS preference
    FROM settlement_line AS f
    INNER JOIN settlement_line AS c
        ON c.gateway = f.gateway AND c.gateway_ref = coalesce(f.original_ref, f.gateway_ref)
    WHERE f.kind = 'fee' AND f.first_reconciled_on = :business_date
    UNION ALL
    SELECT
        f.settlement_line_id,
        c.settlement_line_id AS charged_line_id,
        2 AS preference
    FROM settlement_line AS f
    INNER JOIN settlement_line AS c ON c.gateway = f.gateway AND c.order_ref = f.order_ref
    WHERE f.kind = 'fee' AND f.first_reconciled_on = :business_date
    UNION ALL
    SELECT
        f.settlement_line_id,
        c.settlement_line_id AS charged_line_id,
        1 AS preference
    FROM earlier AS f
    INNER JOIN settlement_line AS c
        ON c.gateway = f.gateway AND c.gateway_ref = coalesce(f.original_ref, f.gateway_ref)
    INNER JOIN settlement_line_fee AS n
        ON n.settlement_line_id = c.settlement_line_id AND n.business_date = :business_date
    UNION ALL
    SELECT
        f.settlement_line_id,
        c.settlement_line_id AS charged_line_id,
        2 AS preference
    FROM earlier AS f
    INNER JOIN settlement_line AS c
        ON c.gateway = f.gateway AND c.order_ref = f.order_ref
    INNER JOIN settlement_line_fee AS n
        ON n.settlement_line_id = c.settlement_line_id AND n.business_date = :business_date
),

attributed AS (
    SELECT DISTINCT ON (n.settlement_line_id)
        n.settlement_line_id,
        n.charged_line_id,
        l.settlement_currency,
        l.settlement_net_minor
    FROM named AS n
    INNER JOIN settlement_line AS l ON l.settlement_line_id = n.settlement_line_id
    INNER JOIN settlement_line_fee AS c
        ON
            c.settlement_line_id = n.charged_line_id
            AND c.charged_line_id = n.charged_line_id
            AND c.currency = l.settlement_currency
    ORDER BY n.settlement_line_id, n.preference, n.charged_line_id
)

INSERT INTO settlement_line_fee (
    settlement_line_id, charged_line_id, business_date, currency, amount_minor, expected_minor,
    found_minor
)
SELECT
    settlement_line_id,
    charged_line_id,
    :business_date,
    settlement_currency AS currency,
    0 AS amount_minor,
    0 AS expected_minor,
    -settlement_net_minor AS found_minor
FROM attributed
ON CONFLICT (settlement_line_id) DO NOTHING
