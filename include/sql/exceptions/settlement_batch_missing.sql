-- purpose: Settlement batches that are missing between two that have come, of a gateway that numbers them without
--   holes.
-- severity: high
-- grace: 2 hours
-- inhibited-by: FILE_REFUSED by feed, PARTNER_UNREACHABLE by feed
-- remedy: Ask the gateway for the batches of the evidence; they load by themselves.
-- resolves: the missing batch comes
-- reads: settlement_batch (one row per batch), source_file (one row per file), gateway_account (one row per gateway)
-- writes: one row per gap
-- params: as_of
SELECT
    g.account || ':' || (g.before_no + 1) || '-' || (g.batch_no - 1) AS subject,
    g.gateway AS partner_id,
    NULL::bigint AS amount_minor,
    NULL::text AS currency,
    g.received_at AS since,
    ARRAY['partner:' || g.gateway, 'feed:' || g.gateway || '/SETTLEMENT'] AS keys,
    jsonb_build_object(
        'account', g.account, 'missing', g.batch_no - g.before_no - 1,
        'first_missing', g.before_no + 1, 'last_missing', g.batch_no - 1, 'after_file', g.name
    ) AS evidence
FROM (
    SELECT
        b.gateway,
        b.account,
        b.batch_no,
        f.received_at,
        f.name,
        lag(b.batch_no) OVER (PARTITION BY b.gateway, b.account ORDER BY b.batch_no) AS before_no
    FROM settlement_batch AS b
    INNER JOIN source_file AS f ON f.source_file_id = b.source_file_id
    INNER JOIN gateway_account AS a ON a.gateway = b.gateway
    WHERE a.consecutive_batches AND f.received_at <= :as_of
) AS g
WHERE g.batch_no > g.before_no + 1
