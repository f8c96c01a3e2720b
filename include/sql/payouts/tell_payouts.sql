-- purpose: What files have told of payouts since the last reconciliation. A payout file outweighs the payout line
--   of a settlement file; the later file outweighs the earlier one. The amount of a payout that is matched, or
--   that its reversal cancelled out, stays.
-- reads: news_file (one row per file), payout_report (one row per row of a payout file), settlement_line (one
--   row per line), gateway_account, partner (one row per gateway), payout (one row per payout), payout_hold
--   (one row per hold)
-- writes: told_payout (one row per gateway, reference and kind)
-- params: business_date
CREATE TEMP TABLE told_payout ON COMMIT DROP AS
WITH told AS (
    SELECT
        r.gateway,
        r.payout_ref,
        r.kind,
        coalesce(a.account, r.gateway) AS account,
        NULL::text AS batch_no,
        r.currency,
        r.amount_minor,
        r.gateway_status,
        r.initiated_at,
        r.arrives_on,
        r.bank_ref,
        TRUE AS is_reported,
        r.source_file_id,
        r.file_line,
        n.received_at
    FROM payout_report AS r
    INNER JOIN news_file AS n ON n.source_file_id = r.source_file_id
    LEFT JOIN gateway_account AS a ON a.gateway = r.gateway
    UNION ALL
    SELECT
        l.gateway,
        coalesce(
            l.payout_ref,
            concat_ws(
                ':', l.account, l.batch_no, l.settlement_currency, l.source_file_id, l.file_line
            )
        ) AS payout_ref,
        l.kind,
        l.account,
        l.batch_no,
        l.settlement_currency AS currency,
        l.settlement_net_minor * -1 AS amount_minor,
        NULL::text AS gateway_status,
        l.booked_at AS initiated_at,
        NULL::date AS arrives_on,
        NULL::text AS bank_ref,
        FALSE AS is_reported,
        l.source_file_id,
        l.file_line,
        n.received_at
    FROM settlement_line AS l
    INNER JOIN news_file AS n ON n.source_file_id = l.source_file_id
    WHERE l.kind = 'payout' OR (l.kind = 'payout_reversal' AND l.payout_ref IS NOT NULL)
),

newest AS (
    SELECT
        t.*,
        first_value(t.batch_no) OVER (
            PARTITION BY t.gateway, t.payout_ref, t.kind ORDER BY t.batch_no NULLS LAST
        ) AS known_batch,
        row_number() OVER (
            PARTITION BY t.gateway, t.payout_ref, t.kind
            ORDER BY t.is_reported DESC, t.received_at DESC, t.source_file_id DESC, t.file_line DESC
        ) AS place
    FROM told AS t
)

SELECT
    n.gateway,
    n.payout_ref,
    n.kind,
    n.account,
    n.known_batch AS batch_no,
    n.currency,
    k.payout_id AS known_id,
    CASE
        WHEN k.is_reported AND NOT n.is_reported THEN k.amount_minor
        WHEN k.returned_on IS NOT NULL THEN k.amount_minor
        WHEN EXISTS (
            SELECT 1 FROM payout_hold AS h
            WHERE h.payout_id = k.payout_id AND h.freed_on > :business_date
        ) THEN k.amount_minor
        ELSE n.amount_minor
    END AS amount_minor,
    n.gateway_status,
    n.initiated_at,
    n.arrives_on,
    coalesce(n.arrives_on, (coalesce(n.initiated_at, n.received_at) AT TIME ZONE p.zone)::date)
        AS expected_on,
    n.bank_ref,
    n.source_file_id,
    n.file_line,
    n.is_reported
FROM newest AS n
INNER JOIN partner AS p ON p.partner_id = n.gateway
LEFT JOIN payout AS k
    ON k.gateway = n.gateway AND k.payout_ref = n.payout_ref AND k.kind = n.kind
WHERE n.place = 1
