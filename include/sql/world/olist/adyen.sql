-- purpose: Adyen's settlement detail reports, a batch for each business day with its payout.
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
        format('{}.{:02d}', t.fee_minor // 100, t.fee_minor % 100) AS fee,
        (t.settles_on - DATE '2010-01-04') // 7 * 5 + dayofweek(t.settles_on) AS batch
    FROM tender AS t
    WHERE t.gateway = 'adyen' AND t.settles_on > $since AND t.settles_on <= $until
)

SELECT
    'settlement_detail_report_batch_' || c.batch || '.csv' AS name,
    'Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,'
    || 'Creation Date,TimeZone,Type,Modification Reference,Gross Currency,Gross Debit (GC),'
    || 'Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),'
    || 'Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant,'
    || 'Modification Merchant Reference,Batch Number,Reserved4,Reserved5,Reserved6,Reserved7,'
    || 'Reserved8,Reserved9,Reserved10' || chr(10)
    || string_agg(
        concat_ws(
            ',', 'Olist,olist-adyen', c.gateway_ref, c.payment_ref, c.method, c.captured,
            'UTC,Settled', 'M' || c.gateway_ref, 'BRL,', c.gross, '1,BRL,',
            format('{}.{:02d}', c.net_minor // 100, c.net_minor % 100), '', c.fee, ',', c.method,
            '', c.batch, ',,,,,,'
        ),
        chr(10) ORDER BY c.payment_ref
    ) || chr(10)
    || 'Olist,olist-adyen,,,,' || c.settles_on || ' 04:00:00,UTC,MerchantPayout,'
    || '"TX' || c.batch || 'XT batch ' || c.batch || ', olist-adyen",,,,,BRL,'
    || format(
        '{}.{:02d}',
        CAST(sum(c.net_minor) AS BIGINT) // 100,
        CAST(sum(c.net_minor) AS BIGINT) % 100
    )
    || ',,,,,,,,' || c.batch || ',,,,,,,' || chr(10) AS body
FROM cell AS c
GROUP BY c.settles_on, c.batch
ORDER BY c.settles_on
