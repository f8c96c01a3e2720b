-- purpose: The payouts that files have told of since the last reconciliation: new ones, and news of known
--   ones. One whose amount changes is added up again.
-- reads: told_payout (one row per gateway, reference and kind)
-- writes: payout (one row per gateway, reference and kind)
-- params: business_date
INSERT INTO payout (
    gateway, payout_ref, kind, account, batch_no, currency, amount_minor, gateway_status,
    initiated_at, arrives_on, expected_on, bank_ref, source_file_id, file_line, is_reported,
    first_reconciled_on
)
SELECT
    t.gateway,
    t.payout_ref,
    t.kind,
    t.account,
    t.batch_no,
    t.currency,
    t.amount_minor,
    t.gateway_status,
    t.initiated_at,
    t.arrives_on,
    t.expected_on,
    t.bank_ref,
    t.source_file_id,
    t.file_line,
    t.is_reported,
    :business_date AS first_reconciled_on
FROM told_payout AS t
ORDER BY t.gateway, t.payout_ref, t.kind
ON CONFLICT (gateway, payout_ref, kind) DO UPDATE SET
    batch_no = coalesce(payout.batch_no, excluded.batch_no),
    amount_minor = excluded.amount_minor,
    sum_ties_on = CASE WHEN excluded.amount_minor = payout.amount_minor THEN payout.sum_ties_on END,
    gateway_status = coalesce(excluded.gateway_status, payout.gateway_status),
    initiated_at = coalesce(payout.initiated_at, excluded.initiated_at),
    arrives_on = coalesce(excluded.arrives_on, payout.arrives_on),
    expected_on = CASE
        WHEN excluded.is_reported THEN excluded.expected_on ELSE payout.expected_on
    END,
    bank_ref = coalesce(excluded.bank_ref, payout.bank_ref),
    is_reported = payout.is_reported OR excluded.is_reported
