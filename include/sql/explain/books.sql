-- purpose: What the books say of some payments, lines, matches, write-offs, payouts and bank lines: what lines
--   point to, near misses, what people decided, payouts and bank lines, and the journal.
-- reads: settlement_line, settlement_link, settlement_near_miss, settlement_run, payout, payout_match, payout_run,
--   bank_line, source_file, audit_log, journal_posting (one row each)
-- writes: rows at, what, amount_minor, currency, file_name, sha256, file_line
-- params: payments, lines, matches, write_offs, payouts, bank_lines (bigint[])
WITH told AS (
    SELECT
        l.booked_at AS at,
        l.gateway || ' books line:' || l.settlement_line_id || ' (' || l.kind || ')' AS what,
        l.gross_minor AS amount_minor,
        l.currency::text AS currency,
        f.name AS file_name,
        f.sha256,
        l.file_line
    FROM settlement_link AS k
    INNER JOIN settlement_line AS l
        ON l.settlement_line_id IN (k.settlement_line_id, k.related_line_id)
    INNER JOIN source_file AS f ON f.source_file_id = l.source_file_id
    WHERE
        (
            k.settlement_line_id = any(cast(:lines AS bigint[]))
            OR k.related_line_id = any(cast(:lines AS bigint[]))
            OR k.payment_id = any(cast(:payments AS bigint[]))
        )
        AND NOT l.settlement_line_id = any(cast(:lines AS bigint[]))
    UNION
    SELECT
        r.as_of AS at,
        'line:' || k.settlement_line_id || ' is ' || replace(k.relation, '_', ' ')
        || coalesce(' line:' || k.related_line_id, '') || coalesce(' payment ' || p.payment_ref, '')
            AS what,
        NULL AS amount_minor,
        NULL AS currency,
        NULL AS file_name,
        NULL AS sha256,
        NULL AS file_line
    FROM settlement_link AS k
    INNER JOIN settlement_run AS r ON r.business_date = k.business_date
    LEFT JOIN payment AS p ON p.payment_id = k.payment_id
    WHERE
        k.settlement_line_id = any(cast(:lines AS bigint[]))
        OR k.related_line_id = any(cast(:lines AS bigint[]))
        OR k.payment_id = any(cast(:payments AS bigint[]))
    UNION ALL
    SELECT
        r.as_of AS at,
        'near miss of line:' || n.settlement_line_id || ': would match payment ' || p.payment_ref
        || ' with ' || n.setting || ' ' || n.needed || ' (' || n.more || ' more)'
        || CASE WHEN n.would_be_ambiguous THEN ', among others' ELSE '' END AS what,
        n.amount_minor,
        n.currency::text AS currency,
        NULL AS file_name,
        NULL AS sha256,
        NULL AS file_line
    FROM settlement_near_miss AS n
    INNER JOIN settlement_run AS r ON r.business_date = n.business_date
    INNER JOIN payment AS p ON p.payment_id = n.payment_id
    WHERE
        n.settlement_line_id = any(cast(:lines AS bigint[]))
        OR n.payment_id = any(cast(:payments AS bigint[]))
    UNION ALL
    SELECT
        a.occurred_at AS at,
        a.actor || ' decides ' || replace(a.action, 'settlement.', '') || ' of '
        || replace(replace(a.subject, 'settlement_', ''), 'write_off', 'write-off')
        || ': '
        || a.reason
            AS what,
        NULL AS amount_minor,
        NULL AS currency,
        NULL AS file_name,
        NULL AS sha256,
        NULL AS file_line
    FROM audit_log AS a
    WHERE
        a.subject IN (
            SELECT 'settlement_match:' || m.match_no
            FROM unnest(cast(:matches AS bigint[])) AS m (match_no)
            UNION ALL
            SELECT 'settlement_write_off:' || w.write_off_id
            FROM unnest(cast(:write_offs AS bigint[])) AS w (write_off_id)
            UNION ALL
            SELECT 'payout_match:' || b.match_no
            FROM unnest(cast(:bank_lines AS bigint[])) AS b (match_no)
        )
    UNION ALL
    SELECT
        coalesce(p.initiated_at, p.expected_on::timestamp AT TIME ZONE 'UTC') AS at,
        p.gateway || ' pays out ' || p.payout_ref || ' (payout:' || p.payout_id || ')'
        || coalesce(', ' || p.gateway_status, '') AS what,
        p.amount_minor,
        p.currency::text AS currency,
        f.name AS file_name,
        f.sha256,
        p.file_line
    FROM payout AS p
    INNER JOIN source_file AS f ON f.source_file_id = p.source_file_id
    WHERE p.payout_id = any(cast(:payouts AS bigint[]))
    UNION ALL
    SELECT
        b.booked_on::timestamp AT TIME ZONE 'UTC' AS at,
        b.bank || ' books bank:' || b.bank_line_id || ' on ' || b.account
        || coalesce(': ' || b.reference_text, '') AS what,
        b.amount_minor,
        b.currency::text AS currency,
        f.name AS file_name,
        f.sha256,
        b.file_line
    FROM bank_line AS b
    INNER JOIN source_file AS f ON f.source_file_id = b.source_file_id
    WHERE b.bank_line_id = any(cast(:bank_lines AS bigint[]))
    UNION ALL
    SELECT
        m.matched_at AS at,
        'payout:' || m.payout_id || ' matched with bank:' || m.bank_line_id || ' by '
        || replace(m.pass, '_', ' ') || ' (payout-match:' || m.match_no || ')' || CASE
            WHEN m.variance_minor <> 0 THEN ', variance ' || m.variance_minor || ' minor units'
            ELSE ''
        END AS what,
        m.amount_minor,
        p.currency::text AS currency,
        NULL AS file_name,
        NULL AS sha256,
        NULL AS file_line
    FROM payout_match AS m
    INNER JOIN payout AS p ON p.payout_id = m.payout_id
    WHERE
        m.payout_id = any(cast(:payouts AS bigint[]))
        OR m.bank_line_id = any(cast(:bank_lines AS bigint[]))
    UNION ALL
    SELECT
        m.undone_at AS at,
        'payout:' || m.payout_id || ' parted from bank:' || m.bank_line_id || ' by '
        || m.undone_by || ': ' || m.undone_why AS what,
        m.amount_minor,
        p.currency::text AS currency,
        NULL AS file_name,
        NULL AS sha256,
        NULL AS file_line
    FROM payout_match AS m
    INNER JOIN payout AS p ON p.payout_id = m.payout_id
    WHERE
        m.undone_at IS NOT NULL
        AND (
            m.payout_id = any(cast(:payouts AS bigint[]))
            OR m.bank_line_id = any(cast(:bank_lines AS bigint[]))
        )
    UNION ALL
    SELECT
        coalesce(r.as_of, o.as_of, j.business_date::timestamp AT TIME ZONE 'UTC') AS at,
        'journal of ' || j.business_date || ', ' || j.entry_kind || ':' || j.entry_no || ': '
        || j.account AS what,
        j.amount_minor,
        j.currency,
        NULL AS file_name,
        NULL AS sha256,
        NULL AS file_line
    FROM journal_posting AS j
    LEFT JOIN settlement_run AS r
        ON r.business_date = j.business_date AND j.payout_id IS NULL AND j.bank_line_id IS NULL
    LEFT JOIN payout_run AS o
        ON
            o.business_date = j.business_date
            AND coalesce(j.payout_id, j.bank_line_id) IS NOT NULL
    WHERE
        (j.entry_kind = 'payment' AND j.entry_no = any(cast(:payments AS bigint[])))
        OR (j.entry_kind IN ('line', 'link', 'fx') AND j.entry_no = any(cast(:lines AS bigint[])))
        OR (j.entry_kind IN ('match', 'unmatch') AND j.entry_no = any(cast(:matches AS bigint[])))
        OR (
            j.entry_kind IN ('write_off', 'reopen')
            AND j.entry_no = any(cast(:write_offs AS bigint[]))
        )
        OR (
            j.entry_kind IN ('payout', 'payout_change', 'payout_match', 'payout_unmatch')
            AND j.payout_id = any(cast(:payouts AS bigint[]))
        )
        OR (
            j.entry_kind IN ('bank_line', 'bank_line_aside')
            AND j.entry_no = any(cast(:bank_lines AS bigint[]))
        )
)

SELECT
    t.at,
    t.what,
    t.amount_minor,
    t.currency,
    t.file_name,
    t.sha256,
    t.file_line
FROM told AS t
ORDER BY t.at ASC NULLS LAST, t.what ASC
