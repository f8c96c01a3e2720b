-- purpose: The numbers of the batches that have come, for gateways that promise numbers without holes.
-- reads: news_file (one row per file), settlement_line (one row per line), gateway_account (one row per gateway)
-- writes: settlement_batch (one row per gateway, account and number; one that is there stays as it is)
INSERT INTO settlement_batch (gateway, account, batch_no, source_file_id)
SELECT
    l.gateway,
    l.account,
    l.batch_no::bigint AS batch_no,
    min(l.source_file_id) AS source_file_id
FROM news_file AS n
INNER JOIN settlement_line AS l ON l.source_file_id = n.source_file_id
INNER JOIN gateway_account AS a ON a.gateway = l.gateway
WHERE a.consecutive_batches AND l.batch_no ~ '^[0-9]{1,18}$'
GROUP BY l.gateway, l.account, l.batch_no::bigint
ON CONFLICT (gateway, account, batch_no) DO NOTHING
