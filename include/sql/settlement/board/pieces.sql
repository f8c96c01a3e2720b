-- purpose: The payments, lines, matches, write-offs, payouts and bank lines of a story as they stand now, so that a
--   person can decide about them.
-- reads: payment, settlement_line, settlement_match, settlement_link, settlement_write_off, payout, bank_line,
--   payout_match (one row each)
-- writes: rows piece (payment, line, match, write-off, payout, bank, payout-match), ref (as `tieout explain` takes
--   it), number, what, partner_id, currency, amount_minor, state (open, waits, stands, or words), said (who, or why), is_theirs (that person proposed the write-off)
-- params: payments, lines, matches, write_offs, payouts, bank_lines (bigint[]), person
WITH pieces AS (
    SELECT
        1 AS place,
        'payment' AS piece,
        p.payment_ref AS ref,
        p.payment_id AS number,
        p.kind AS what,
        p.gateway AS partner_id,
        p.currency,
        p.amount_minor,
        CASE
            WHEN m.match_no IS NOT NULL THEN 'in match:' || m.match_no
            WHEN
                w.status = 'WRITTEN_OFF'
                THEN 'written off by write-off:' || w.settlement_write_off_id
            WHEN
                w.status = 'PROPOSED'
                THEN 'in write-off:' || w.settlement_write_off_id || ', which waits'
            WHEN p.first_reconciled_on IS NULL THEN 'not reconciled yet'
            ELSE 'open'
        END AS state,
        p.method AS said
    FROM payment AS p
    LEFT JOIN LATERAL (
        SELECT min(e.match_no) AS match_no FROM settlement_match AS e
        WHERE e.payment_id = p.payment_id AND e.undone_at IS NULL
    ) AS m ON TRUE
    LEFT JOIN settlement_write_off AS w
        ON w.payment_id = p.payment_id AND w.status IN ('PROPOSED', 'WRITTEN_OFF')
    WHERE p.payment_id = any(cast(:payments AS bigint[]))
    UNION ALL
    SELECT
        2 AS place,
        'line' AS piece,
        'line:' || l.settlement_line_id AS ref,
        l.settlement_line_id AS number,
        replace(l.kind, '_', ' ') AS what,
        l.gateway AS partner_id,
        l.currency,
        l.gross_minor AS amount_minor,
        CASE
            WHEN m.match_no IS NOT NULL THEN 'in match:' || m.match_no
            WHEN
                w.status = 'WRITTEN_OFF'
                THEN 'written off by write-off:' || w.settlement_write_off_id
            WHEN
                w.status = 'PROPOSED'
                THEN 'in write-off:' || w.settlement_write_off_id || ', which waits'
            WHEN l.first_reconciled_on IS NULL THEN 'not reconciled yet'
            WHEN k.relation IS NOT NULL THEN replace(k.relation, '_', ' ')
            WHEN
                l.kind IN ('fee', 'transfer', 'payout', 'payout_reversal')
                THEN 'counted by its kind'
            ELSE 'open'
        END AS state,
        coalesce(l.order_ref, l.gateway_ref) AS said
    FROM settlement_line AS l
    LEFT JOIN LATERAL (
        SELECT min(e.match_no) AS match_no FROM settlement_match AS e
        WHERE e.settlement_line_id = l.settlement_line_id AND e.undone_at IS NULL
    ) AS m ON TRUE
    LEFT JOIN settlement_write_off AS w
        ON
            w.settlement_line_id = l.settlement_line_id
            AND w.status IN ('PROPOSED', 'WRITTEN_OFF')
    LEFT JOIN settlement_link AS k
        ON k.settlement_line_id = l.settlement_line_id AND k.relation <> 'refund_of'
    WHERE l.settlement_line_id = any(cast(:lines AS bigint[]))
    UNION ALL
    SELECT
        3 AS place,
        'match' AS piece,
        'match:' || m.match_no AS ref,
        m.match_no AS number,
        replace(min(m.pass), '_', ' ') AS what,
        min(p.gateway) AS partner_id,
        min(p.currency) AS currency,
        sum(m.amount_minor)::bigint AS amount_minor,
        CASE WHEN m.undone_at IS NULL THEN 'stands' ELSE 'undone' END AS state,
        CASE
            WHEN m.undone_at IS NULL THEN 'of ' || min(m.business_date)
            ELSE min(m.undone_by) || ': ' || min(m.undone_why)
        END AS said
    FROM settlement_match AS m
    INNER JOIN payment AS p ON p.payment_id = m.payment_id
    WHERE m.match_no = any(cast(:matches AS bigint[]))
    GROUP BY m.match_no, m.undone_at
    UNION ALL
    SELECT
        4 AS place,
        'payout' AS piece,
        'payout:' || p.payout_id AS ref,
        p.payout_id AS number,
        replace(p.kind, '_', ' ') AS what,
        p.gateway AS partner_id,
        p.currency,
        p.amount_minor,
        CASE
            WHEN m.match_no IS NOT NULL THEN 'in payout-match:' || m.match_no
            WHEN p.returned_on IS NOT NULL THEN 'cancelled out by its reversal'
            ELSE 'open'
        END AS state,
        p.payout_ref AS said
    FROM payout AS p
    LEFT JOIN LATERAL (
        SELECT min(e.match_no) AS match_no FROM payout_match AS e
        WHERE e.payout_id = p.payout_id AND e.undone_at IS NULL
    ) AS m ON TRUE
    WHERE p.payout_id = any(cast(:payouts AS bigint[]))
    UNION ALL
    SELECT
        5 AS place,
        'bank' AS piece,
        'bank:' || b.bank_line_id AS ref,
        b.bank_line_id AS number,
        'bank line' AS what,
        b.bank AS partner_id,
        b.currency,
        b.amount_minor,
        CASE
            WHEN m.match_no IS NOT NULL THEN 'in payout-match:' || m.match_no
            WHEN b.not_ours_on IS NOT NULL THEN 'set aside as not ours'
            WHEN b.first_reconciled_on IS NULL THEN 'not reconciled yet'
            ELSE 'open'
        END AS state,
        coalesce(b.reference_text, b.bank_ref) AS said
    FROM bank_line AS b
    LEFT JOIN LATERAL (
        SELECT min(e.match_no) AS match_no FROM payout_match AS e
        WHERE e.bank_line_id = b.bank_line_id AND e.undone_at IS NULL
    ) AS m ON TRUE
    WHERE b.bank_line_id = any(cast(:bank_lines AS bigint[]))
    UNION ALL
    SELECT
        6 AS place,
        'payout-match' AS piece,
        'payout-match:' || m.match_no AS ref,
        m.match_no AS number,
        replace(min(m.pass), '_', ' ') AS what,
        min(p.gateway) AS partner_id,
        min(p.currency) AS currency,
        sum(m.amount_minor)::bigint AS amount_minor,
        CASE WHEN m.undone_at IS NULL THEN 'stands' ELSE 'undone' END AS state,
        CASE
            WHEN m.undone_at IS NULL THEN 'of ' || min(m.business_date)
            ELSE min(m.undone_by) || ': ' || min(m.undone_why)
        END AS said
    FROM payout_match AS m
    INNER JOIN payout AS p ON p.payout_id = m.payout_id
    WHERE
        m.payout_id = any(cast(:payouts AS bigint[]))
        OR m.bank_line_id = any(cast(:bank_lines AS bigint[]))
    GROUP BY m.match_no, m.undone_at
    UNION ALL
    SELECT
        7 AS place,
        'write-off' AS piece,
        'write-off:' || w.settlement_write_off_id AS ref,
        w.settlement_write_off_id AS number,
        CASE
            WHEN coalesce(w.match_payments, w.match_payouts) IS NULL THEN 'write-off'
            ELSE 'variance of a match'
        END AS what,
        w.gateway AS partner_id,
        w.currency,
        w.amount_minor,
        CASE
            WHEN w.status = 'PROPOSED' THEN 'waits'
            WHEN
                w.status = 'WRITTEN_OFF'
                AND coalesce(w.match_payments, w.match_payouts) IS NULL
                THEN 'stands'
            ELSE lower(replace(w.status, '_', ' '))
        END AS state,
        w.proposed_by
        || coalesce(', approved by ' || w.approved_by, '') || ': ' || w.status_reason AS said
    FROM settlement_write_off AS w
    WHERE w.settlement_write_off_id = any(cast(:write_offs AS bigint[]))
)

SELECT
    p.piece,
    p.ref,
    p.number,
    p.what,
    p.partner_id,
    p.currency::text AS currency,
    p.amount_minor,
    p.state,
    p.said,
    p.piece = 'write-off'
    AND EXISTS (
        SELECT 1 FROM settlement_write_off AS w
        WHERE
            w.settlement_write_off_id = p.number
            AND lower(btrim(w.proposed_by)) = lower(btrim(:person))
    ) AS is_theirs
FROM pieces AS p
ORDER BY p.place, p.number, p.state
