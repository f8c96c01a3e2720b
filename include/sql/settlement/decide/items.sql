-- purpose: The payments and lines of a decision, and what holds each of them.
-- reads: payment (one row per payment), settlement_line (one row per line), settlement_match (one row per
--   payment and line), settlement_write_off (one row per write-off)
-- writes: rows side, id, ref, gateway, currency, kind, amount_minor (as it is matched: a refund is never
--   negative), signed_minor (as it is written), is_seen (a reconciliation has counted it), match_no,
--   write_off_id (null where nothing holds it)
-- params: payment_refs, line_ids
WITH items AS (
    SELECT
        'payment' AS side,
        p.payment_id AS id,
        p.payment_ref AS ref,
        p.gateway,
        p.currency,
        p.kind,
        p.amount_minor,
        p.amount_minor AS signed_minor,
        p.first_reconciled_on IS NOT NULL AS is_seen,
        m.match_no,
        w.settlement_write_off_id AS write_off_id
    FROM payment AS p
    LEFT JOIN settlement_match AS m ON m.payment_id = p.payment_id AND m.undone_at IS NULL
    LEFT JOIN settlement_write_off AS w
        ON w.payment_id = p.payment_id AND w.status IN ('PROPOSED', 'WRITTEN_OFF')
    WHERE p.payment_ref = any(cast(:payment_refs AS text[]))
    UNION
    SELECT
        'line' AS side,
        l.settlement_line_id AS id,
        l.settlement_line_id::text AS ref,
        l.gateway,
        l.currency,
        l.kind,
        CASE WHEN l.kind = 'refund' THEN abs(l.gross_minor) ELSE l.gross_minor END AS amount_minor,
        l.gross_minor AS signed_minor,
        l.first_reconciled_on IS NOT NULL
        AND l.kind NOT IN ('fee', 'transfer', 'payout', 'payout_reversal')
        AND NOT EXISTS (
            SELECT 1 FROM settlement_link AS k
            WHERE
                k.settlement_line_id = l.settlement_line_id
                AND k.relation <> 'refund_of'
        ) AS is_seen,
        m.match_no,
        w.settlement_write_off_id AS write_off_id
    FROM settlement_line AS l
    LEFT JOIN settlement_match AS m
        ON m.settlement_line_id = l.settlement_line_id AND m.undone_at IS NULL
    LEFT JOIN settlement_write_off AS w
        ON
            w.settlement_line_id = l.settlement_line_id
            AND w.status IN ('PROPOSED', 'WRITTEN_OFF')
    WHERE l.settlement_line_id = any(cast(:line_ids AS bigint[]))
)

SELECT
    side,
    id,
    ref,
    gateway,
    currency::text AS currency,
    kind,
    amount_minor,
    signed_minor,
    is_seen,
    match_no,
    write_off_id
FROM items
ORDER BY side, id
