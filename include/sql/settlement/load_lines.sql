-- purpose: Settlement lines from the rows of the gateways' files. A gateway repeats the reference of the
--   attempt that it charged; the line gets that of the payment, whichever of its attempts took the money.
--   A refund is a payment of its own, under the attempt's reference.
-- reads: staged (one row per line of a file), gateway_account (one row per gateway), payment_attempt (one row
--   per reference that we gave to a gateway)
-- writes: settlement_line (one row per line of a file; a line that is there stays as it is)
INSERT INTO settlement_line (
    source_file_id, file_line, gateway, account, batch_no, kind, gateway_ref, order_ref,
    original_ref, gross_minor, fee_minor, net_minor, currency, settlement_currency,
    settlement_net_minor, settlement_fee_minor, exchange_rate, booked_at, payout_ref, method, extra
)
SELECT
    s.source_file_id,
    s.line_no AS file_line,
    s.partner_id AS gateway,
    coalesce(s.account, a.account, s.partner_id) AS account,
    s.batch_no,
    s.kind,
    s.gateway_ref,
    CASE WHEN p.kind <> 'REFUND' THEN p.payment_ref ELSE s.order_ref END AS order_ref,
    s.original_ref,
    s.gross_minor,
    s.fee_minor,
    s.net_minor,
    s.currency,
    s.settlement_currency,
    s.settlement_net_minor,
    s.settlement_fee_minor,
    s.exchange_rate,
    s.booked_at,
    s.payout_ref,
    s.method,
    coalesce(s.extra, '{}')::jsonb AS extra
FROM staged AS s
LEFT JOIN gateway_account AS a ON a.gateway = s.partner_id
LEFT JOIN payment_attempt AS p ON p.our_ref = s.order_ref AND p.gateway = s.partner_id
ORDER BY s.source_file_id, s.line_no
ON CONFLICT (source_file_id, file_line) DO NOTHING
