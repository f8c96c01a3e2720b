-- purpose: Stripe's itemized payout reconciliations, one for each business day.
-- reads: tender (one row per payment)
-- params: since (exclusive), until (inclusive): days of settlement
WITH
cell AS (
    SELECT
        t.settles_on,
        t.payment_ref,
        t.gateway_ref,
        t.method,
        strftime(t.captured_at, '%Y-%m-%d %H:%M:%S') AS captured,
        format('{}.{:02d}', t.amount_minor // 100, t.amount_minor % 100) AS gross,
        t.amount_minor - t.fee_minor AS net_minor,
        format('{}.{:02d}', t.fee_minor // 100, t.fee_minor % 100) AS fee
    FROM tender AS t
    WHERE t.gateway = 'stripe' AND t.settles_on > $since AND t.settles_on <= $until
)

SELECT
    'payout_reconciliation.itemized_' || strftime(c.settles_on, '%Y%m%d') || '.csv' AS name,
    'balance_transaction_id,source_id,charge_id,created,available_on,automatic_payout_id,'
    || 'currency,gross,fee,net,reporting_category,customer_facing_amount,'
    || 'customer_facing_currency,payment_method_type,gateway_account,payment_metadata[order_id]'
    || chr(10)
    || string_agg(
        concat_ws(
            ',', 'txn_' || lower(c.gateway_ref), c.gateway_ref, c.gateway_ref, c.captured,
            c.settles_on || ' 00:00:00', 'po_' || strftime(c.settles_on, '%Y%m%d'), 'brl',
            c.gross, c.fee, format('{}.{:02d}', c.net_minor // 100, c.net_minor % 100),
            'charge', c.gross, 'brl', c.method, 'olist-stripe', c.payment_ref
        ),
        chr(10) ORDER BY c.payment_ref
    ) || chr(10) AS body
FROM cell AS c
GROUP BY c.settles_on
ORDER BY c.settles_on
