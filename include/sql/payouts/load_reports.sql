-- purpose: Payout reports from the rows of the gateways' payout files. A payout without a reference of its
--   own is known by its day and currency.
-- reads: staged (one row per row of a file)
-- writes: payout_report (one row per row of a file; one that is there stays as it is)
INSERT INTO payout_report (
    source_file_id, file_line, gateway, payout_ref, kind, gateway_status, currency, amount_minor,
    fee_minor, initiated_at, arrives_on, bank_ref, destination, description, extra
)
SELECT
    s.source_file_id,
    s.line_no AS file_line,
    s.partner_id AS gateway,
    coalesce(
        s.payout_ref,
        s.bank_ref,
        concat_ws(':', coalesce(s.arrives_on, s.initiated_at::date), s.currency)
    ) AS payout_ref,
    coalesce(s.payout_kind, 'payout') AS kind,
    s.status AS gateway_status,
    s.currency,
    s.amount_minor,
    s.fee_minor,
    s.initiated_at,
    s.arrives_on,
    s.bank_ref,
    s.account AS destination,
    s.description,
    coalesce(s.extra, '{}')::jsonb AS extra
FROM staged AS s
ORDER BY s.source_file_id, s.line_no
ON CONFLICT (source_file_id, file_line) DO NOTHING
