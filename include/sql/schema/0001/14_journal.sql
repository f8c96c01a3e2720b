-- purpose: the double-entry journal, as views over what payments, lines, matches, decisions, payouts and the
--   bank's lines say. Nothing is stored, so that the books cannot drift from the ledger of matches.

CREATE INDEX payment_first_reconciled ON payment USING brin (first_reconciled_on);
CREATE INDEX settlement_line_first_reconciled ON settlement_line USING brin (first_reconciled_on);
CREATE INDEX settlement_match_undone ON settlement_match (undone_on) WHERE undone_on IS NOT NULL;

CREATE FUNCTION journal_name(words text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
upper(left(btrim(regexp_replace(words, '[^A-Za-z0-9]+', '-', 'g'), '-'), 1))
|| substr(btrim(regexp_replace(words, '[^A-Za-z0-9]+', '-', 'g'), '-'), 2);
COMMENT ON FUNCTION journal_name IS
'A name as a part of an account: letters, digits and hyphens, a capital or a digit at its start.';

CREATE FUNCTION journal_side(kind text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
CASE
    WHEN kind IN ('charge', 'refund') THEN 'Settled'
    WHEN kind IN ('chargeback', 'chargeback_reversal') THEN 'Disputes'
    WHEN kind = 'reserve' THEN 'Reserves'
    WHEN kind = 'adjustment' THEN 'Adjustments'
    WHEN kind = 'refund_reversal' THEN 'Reversals'
END;
COMMENT ON FUNCTION journal_side IS
'The part of the clearing account on which a line of that kind waits until it is settled; null for
kinds of which nothing is asked.';

CREATE VIEW journal_partner AS
SELECT
    p.partner_id,
    journal_name(p.partner_id) AS name
FROM partner AS p
OFFSET 0;
COMMENT ON VIEW journal_partner IS
'The part of accounts that names a partner, worked out once per partner (by OFFSET 0).';

CREATE VIEW journal_edge AS
SELECT
    m.match_no,
    m.business_date,
    m.undone_on,
    p.gateway,
    p.kind,
    m.pass,
    p.currency,
    l.currency AS line_currency,
    m.undone_by,
    m.payment_id,
    m.settlement_line_id,
    CASE WHEN p.kind = 'refund' THEN -1 ELSE 1 END * m.amount_minor AS paid_minor,
    CASE WHEN p.kind = 'refund' THEN -1 ELSE 1 END * m.variance_minor AS variance_minor,
    CASE
        WHEN p.currency <> l.currency THEN l.gross_minor
        ELSE
            CASE WHEN p.kind = 'refund' AND l.gross_minor < 0 THEN -1 ELSE 1 END
            * (m.amount_minor + m.variance_minor)
    END AS settled_minor
FROM settlement_match AS m
INNER JOIN payment AS p ON p.payment_id = m.payment_id
INNER JOIN settlement_line AS l ON l.settlement_line_id = m.settlement_line_id;
COMMENT ON VIEW journal_edge IS
'Each payment and line that are tied together, in the signs of the books: paid is what left the open
payments, settled what left the open lines (negative for refunds), variance what was settled beyond
what was expected.';

CREATE VIEW journal_held_match AS
SELECT
    e.match_no,
    e.business_date,
    e.undone_on,
    e.gateway,
    e.kind,
    e.pass,
    e.currency,
    e.line_currency,
    max(e.undone_by) AS undone_by,
    min(e.payment_id) AS payment_id,
    min(e.settlement_line_id) AS settlement_line_id,
    sum(e.paid_minor)::bigint AS paid_minor,
    sum(e.variance_minor)::bigint AS variance_minor,
    sum(e.settled_minor)::bigint AS settled_minor
FROM journal_edge AS e
GROUP BY
    e.match_no, e.business_date, e.undone_on, e.gateway, e.kind, e.pass, e.currency,
    e.line_currency;
COMMENT ON VIEW journal_held_match IS 'Each match whole, as journal_edge.';

CREATE VIEW journal_match AS
SELECT
    h.*,
    'match' AS entry_kind,
    1 AS sign,
    h.business_date AS booked_on
FROM journal_held_match AS h
UNION ALL
SELECT
    h.*,
    'unmatch' AS entry_kind,
    -1 AS sign,
    h.undone_on AS booked_on
FROM journal_held_match AS h
WHERE h.undone_on IS NOT NULL;
COMMENT ON VIEW journal_match IS
'Matches and their undoing, which books the same the other way round.';

CREATE VIEW journal_held_write_off AS
SELECT
    w.settlement_write_off_id,
    w.business_date,
    w.reopened_on,
    w.gateway,
    w.currency,
    w.payment_id,
    w.settlement_line_id,
    w.match_no,
    w.status_reason,
    coalesce(w.approved_by, w.proposed_by) AS decided_by,
    CASE
        WHEN w.payment_id IS NOT NULL AND p.kind = 'refund' THEN 'Refunds'
        WHEN w.payment_id IS NOT NULL THEN 'Payments'
        ELSE journal_side(l.kind)
    END AS side,
    CASE
        WHEN w.settlement_line_id IS NOT NULL THEN w.amount_minor * -1
        WHEN (w.payment_id IS NULL) <> (coalesce(p.kind, '') = 'refund') THEN w.amount_minor * -1
        ELSE w.amount_minor
    END AS lost_minor
FROM settlement_write_off AS w
LEFT JOIN payment AS p ON p.payment_id = coalesce(w.payment_id, w.match_payments[1])
LEFT JOIN settlement_line AS l ON l.settlement_line_id = w.settlement_line_id
WHERE w.business_date IS NOT NULL;
COMMENT ON VIEW journal_held_write_off IS
'What was written off, as the loss that it is (a gain is negative), and the side of the clearing
account that it was open on; the variance of a match has left it with the match.';

CREATE VIEW journal_write_off AS
SELECT
    h.*,
    'write_off' AS entry_kind,
    1 AS sign,
    h.business_date AS booked_on
FROM journal_held_write_off AS h
UNION ALL
SELECT
    h.*,
    'reopen' AS entry_kind,
    -1 AS sign,
    h.reopened_on AS booked_on
FROM journal_held_write_off AS h
WHERE h.reopened_on IS NOT NULL;
COMMENT ON VIEW journal_write_off IS
'Write-offs and their taking back, which books the same the other way round.';

CREATE VIEW journal_payout_match AS
SELECT
    m.*,
    'payout_match' AS entry_kind,
    1 AS sign,
    m.business_date AS booked_on
FROM payout_match AS m
UNION ALL
SELECT
    m.*,
    'payout_unmatch' AS entry_kind,
    -1 AS sign,
    m.undone_on AS booked_on
FROM payout_match AS m
WHERE m.undone_on IS NOT NULL;
COMMENT ON VIEW journal_payout_match IS
'Matches of payouts with the bank and their undoing, which books the same the other way round.';

CREATE VIEW journal_payout AS
SELECT
    p.payout_id,
    p.first_reconciled_on AS booked_on,
    'payout' AS entry_kind,
    p.amount_minor - coalesce(k.change_minor, 0) AS amount_minor
FROM payout AS p
LEFT JOIN (
    SELECT
        c.payout_id,
        sum(c.change_minor)::bigint AS change_minor
    FROM payout_change AS c
    GROUP BY c.payout_id
) AS k ON k.payout_id = p.payout_id
UNION ALL
SELECT
    c.payout_id,
    c.business_date AS booked_on,
    'payout_change' AS entry_kind,
    c.change_minor AS amount_minor
FROM payout_change AS c;
COMMENT ON VIEW journal_payout IS
'Payouts with the amount known when they were first counted, and every change of it since.';

CREATE VIEW journal_bank_line AS
SELECT
    s.bank_line_id,
    s.counted_on AS booked_on,
    'bank_line' AS entry_kind,
    1 AS sign
FROM bank_line_spell AS s
WHERE s.counted_on < s.set_aside_on
UNION ALL
SELECT
    s.bank_line_id,
    s.set_aside_on AS booked_on,
    'bank_line_aside' AS entry_kind,
    -1 AS sign
FROM bank_line_spell AS s
WHERE s.counted_on < s.set_aside_on AND s.set_aside_on < 'infinity';
COMMENT ON VIEW journal_bank_line IS
'Bank lines from the date that counted them, and their setting aside on a later one, which books the
same the other way round.';

CREATE VIEW journal_line AS
SELECT
    l.settlement_line_id,
    l.first_reconciled_on,
    l.gateway,
    l.account,
    l.kind,
    l.gateway_ref,
    l.order_ref,
    l.currency,
    l.settlement_currency,
    l.gross_minor,
    l.settlement_net_minor AS net_minor,
    CASE
        WHEN l.currency = l.settlement_currency THEN coalesce(l.settlement_fee_minor, l.fee_minor)
        ELSE coalesce(l.settlement_fee_minor, 0)
    END AS fee_minor
FROM settlement_line AS l
WHERE l.first_reconciled_on IS NOT NULL AND l.kind NOT IN ('payout', 'payout_reversal');
COMMENT ON VIEW journal_line IS
'Settlement lines as they change our balance at the gateway. Payouts are booked from the truth of
payouts, where files and lines tell of them.';

CREATE FUNCTION journal_of_payment(name text, kind text, amount bigint)
RETURNS TABLE (posting_no integer, account text, amount_minor bigint)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT e.posting_no, e.account, e.amount_minor FROM (
        VALUES
        (
            1,
            'Assets:Clearing:'
            || name
            || CASE kind WHEN 'refund' THEN ':Refunds' ELSE ':Payments' END,
            CASE kind WHEN 'refund' THEN -1 ELSE 1 END * amount
        ),
        (
            2,
            CASE kind WHEN 'refund' THEN 'Income:Refunds:' ELSE 'Income:Sales:' END || name,
            CASE kind WHEN 'refund' THEN 1 ELSE -1 END * amount
        )
    ) AS e (posting_no, account, amount_minor)
     WHERE e.amount_minor <> 0
$$;
COMMENT ON FUNCTION journal_of_payment IS
'What a payment books; of the sum of payments of a gateway and kind, what all of them book.';

CREATE FUNCTION journal_of_line(
    name text, account_at_gateway text, kind text, line_currency text, settlement_currency text,
    gross bigint, net bigint, fee bigint
) RETURNS TABLE (posting_no integer, account text, currency text, amount_minor bigint)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT e.posting_no, e.account, e.currency, e.amount_minor FROM (
        VALUES
        (
            1, 'Assets:Gateway:' || name || ':' || journal_name(account_at_gateway),
            settlement_currency, net
        ),
        (2, 'Expenses:Fees:' || name, settlement_currency, fee),
        (
            3,
            CASE kind
                WHEN 'fee' THEN 'Expenses:Fees:' || name
                WHEN 'transfer' THEN 'Assets:Transfers:' || name
                ELSE 'Assets:Clearing:' || name || ':' || journal_side(kind)
            END,
            line_currency,
            gross * -1
        ),
        (
            4,
            'Equity:Conversions',
            line_currency,
            CASE WHEN line_currency <> settlement_currency THEN gross END
        ),
        (
            5,
            CASE
                WHEN line_currency <> settlement_currency THEN 'Equity:Conversions'
                ELSE 'Expenses:Variance:' || name
            END,
            settlement_currency,
            CASE WHEN line_currency = settlement_currency THEN gross ELSE 0 END - net - fee
        )
    ) AS e (posting_no, account, currency, amount_minor)
     WHERE e.amount_minor <> 0
$$;
COMMENT ON FUNCTION journal_of_line IS
'What a settlement line books; of sums of lines alike in all but amounts, what all of them book.';

CREATE FUNCTION journal_of_match(
    name text, kind text, paid_currency text, line_currency text,
    paid bigint, settled bigint, variance bigint
) RETURNS TABLE (posting_no integer, account text, currency text, amount_minor bigint)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT e.posting_no, e.account, e.currency, e.amount_minor FROM (
        VALUES
        (
            1,
            'Assets:Clearing:'
            || name
            || CASE kind WHEN 'refund' THEN ':Refunds' ELSE ':Payments' END,
            paid_currency,
            paid * -1
        ),
        (2, 'Assets:Clearing:' || name || ':Settled', line_currency, settled),
        (
            3,
            CASE
                WHEN paid_currency = line_currency THEN 'Expenses:Variance:' ELSE 'Expenses:Fx:'
            END || name,
            paid_currency,
            CASE WHEN paid_currency = line_currency THEN paid - settled ELSE variance * -1 END
        ),
        (
            4,
            'Equity:Conversions',
            paid_currency,
            CASE WHEN paid_currency <> line_currency THEN paid + variance END
        ),
        (
            5,
            'Equity:Conversions',
            line_currency,
            CASE WHEN paid_currency <> line_currency THEN settled * -1 END
        )
    ) AS e (posting_no, account, currency, amount_minor)
     WHERE e.amount_minor <> 0
$$;
COMMENT ON FUNCTION journal_of_match IS
'What a match books; of the sums of matches alike in all but amounts, what all of them book.';

CREATE VIEW journal_other_posting AS
SELECT
    k.business_date,
    'link' AS entry_kind,
    k.settlement_line_id AS entry_no,
    e.posting_no,
    e.account,
    l.currency::text AS currency,
    e.amount_minor,
    'line:' || k.settlement_line_id || ' is ' || replace(k.relation, '_', ' ')
    || coalesce(' line:' || k.related_line_id, '') AS narration,
    k.payment_id,
    k.settlement_line_id,
    NULL::bigint AS match_no,
    NULL::bigint AS payout_id,
    NULL::bigint AS bank_line_id
FROM settlement_link AS k
INNER JOIN settlement_line AS l ON l.settlement_line_id = k.settlement_line_id
INNER JOIN journal_partner AS g ON g.partner_id = l.gateway
CROSS JOIN
    LATERAL (
        VALUES
        (1, 'Assets:Clearing:' || g.name || ':' || journal_side(l.kind), l.gross_minor),
        (
            2,
            CASE journal_side(l.kind)
                WHEN 'Disputes' THEN 'Expenses:Disputes:'
                WHEN 'Reserves' THEN 'Assets:Reserve:'
                WHEN 'Adjustments' THEN 'Expenses:Adjustments:'
                ELSE 'Income:Refunds:'
            END || g.name,
            l.gross_minor * -1
        )
    ) AS e (posting_no, account, amount_minor)
WHERE
    l.kind IN ('chargeback', 'chargeback_reversal', 'reserve', 'adjustment', 'refund_reversal')
    AND e.amount_minor <> 0
UNION ALL
SELECT
    x.judged_on AS business_date,
    'fx' AS entry_kind,
    x.settlement_line_id AS entry_no,
    e.posting_no,
    e.account,
    l.settlement_currency::text AS currency,
    e.amount_minor,
    'conversion of line:' || x.settlement_line_id || ' against the reference of ' || x.reference_day
        AS narration,
    NULL AS payment_id,
    x.settlement_line_id,
    NULL AS match_no,
    NULL AS payout_id,
    NULL AS bank_line_id
FROM settlement_line_fx AS x
INNER JOIN settlement_line AS l ON l.settlement_line_id = x.settlement_line_id
INNER JOIN journal_partner AS g ON g.partner_id = l.gateway
CROSS JOIN
    LATERAL (
        VALUES
        (1, 'Expenses:Fx:' || g.name, x.expected_minor - x.found_minor),
        (2, 'Equity:Conversions', x.found_minor - x.expected_minor)
    ) AS e (posting_no, account, amount_minor)
WHERE e.amount_minor <> 0
UNION ALL
SELECT
    w.booked_on AS business_date,
    w.entry_kind,
    w.settlement_write_off_id AS entry_no,
    e.posting_no,
    e.account,
    w.currency::text AS currency,
    w.sign * e.amount_minor AS amount_minor,
    replace(w.entry_kind, '_', '-') || ':' || w.settlement_write_off_id || ' by ' || w.decided_by
    || ': ' || w.status_reason AS narration,
    w.payment_id,
    w.settlement_line_id,
    w.match_no,
    NULL AS payout_id,
    NULL AS bank_line_id
FROM journal_write_off AS w
INNER JOIN journal_partner AS g ON g.partner_id = w.gateway
CROSS JOIN
    LATERAL (
        VALUES
        (1, 'Expenses:WriteOff:' || g.name, w.lost_minor),
        (
            2,
            coalesce('Assets:Clearing:' || g.name || ':' || w.side, 'Expenses:Variance:' || g.name),
            w.lost_minor * -1
        )
    ) AS e (posting_no, account, amount_minor)
WHERE e.amount_minor <> 0
UNION ALL
SELECT
    c.booked_on AS business_date,
    c.entry_kind,
    p.payout_id AS entry_no,
    e.posting_no,
    e.account,
    p.currency::text AS currency,
    e.amount_minor,
    replace(p.kind, '_', ' ') || ' ' || p.payout_ref
    || CASE c.entry_kind WHEN 'payout_change' THEN ': another amount' ELSE '' END AS narration,
    NULL AS payment_id,
    NULL AS settlement_line_id,
    NULL AS match_no,
    p.payout_id,
    NULL AS bank_line_id
FROM journal_payout AS c
INNER JOIN payout AS p ON p.payout_id = c.payout_id
INNER JOIN journal_partner AS g ON g.partner_id = p.gateway
CROSS JOIN
    LATERAL (
        VALUES
        (1, 'Assets:Transit:Sent:' || g.name, c.amount_minor),
        (2, 'Assets:Gateway:' || g.name || ':' || journal_name(p.account), c.amount_minor * -1)
    ) AS e (posting_no, account, amount_minor)
WHERE e.amount_minor <> 0
UNION ALL
SELECT
    c.booked_on AS business_date,
    c.entry_kind,
    b.bank_line_id AS entry_no,
    e.posting_no,
    e.account,
    b.currency::text AS currency,
    e.amount_minor,
    'bank:' || b.bank_line_id || coalesce(' ' || b.bank_ref, '')
    || CASE c.entry_kind WHEN 'bank_line_aside' THEN ' is not a gateway''s' ELSE '' END
        AS narration,
    NULL AS payment_id,
    NULL AS settlement_line_id,
    NULL AS match_no,
    NULL AS payout_id,
    b.bank_line_id
FROM journal_bank_line AS c
INNER JOIN bank_line AS b ON b.bank_line_id = c.bank_line_id
INNER JOIN journal_partner AS k ON k.partner_id = b.bank
CROSS JOIN
    LATERAL (
        VALUES
        (1, 'Assets:Bank:' || k.name || ':' || journal_name(b.account), c.sign * b.amount_minor),
        (2, 'Assets:Transit:Received:' || k.name, c.sign * b.amount_minor * -1)
    ) AS e (posting_no, account, amount_minor)
WHERE e.amount_minor <> 0
UNION ALL
SELECT
    m.booked_on AS business_date,
    m.entry_kind,
    m.payout_match_id AS entry_no,
    e.posting_no,
    e.account,
    p.currency::text AS currency,
    m.sign * e.amount_minor AS amount_minor,
    p.payout_ref
    || CASE m.entry_kind WHEN 'payout_unmatch' THEN ' is not bank:' ELSE ' is bank:' END
    || m.bank_line_id || ' by '
    || CASE m.entry_kind WHEN 'payout_unmatch' THEN m.undone_by ELSE replace(m.pass, '_', ' ') END
        AS narration,
    NULL AS payment_id,
    NULL AS settlement_line_id,
    NULL AS match_no,
    m.payout_id,
    m.bank_line_id
FROM journal_payout_match AS m
INNER JOIN payout AS p ON p.payout_id = m.payout_id
INNER JOIN bank_line AS b ON b.bank_line_id = m.bank_line_id
INNER JOIN journal_partner AS g ON g.partner_id = p.gateway
INNER JOIN journal_partner AS k ON k.partner_id = b.bank
CROSS JOIN
    LATERAL (
        VALUES
        (1, 'Assets:Transit:Received:' || k.name, m.amount_minor + m.variance_minor),
        (2, 'Assets:Transit:Sent:' || g.name, m.amount_minor * -1),
        (3, 'Expenses:Variance:' || g.name, m.variance_minor * -1)
    ) AS e (posting_no, account, amount_minor)
WHERE e.amount_minor <> 0;
COMMENT ON VIEW journal_other_posting IS
'The journal but for payments, settlement lines and matches, of which there are many.';

CREATE VIEW journal_posting AS
SELECT
    p.first_reconciled_on AS business_date,
    'payment' AS entry_kind,
    p.payment_id AS entry_no,
    e.posting_no,
    e.account,
    p.currency::text AS currency,
    e.amount_minor,
    p.kind || ' ' || p.payment_ref AS narration,
    p.payment_id,
    NULL::bigint AS settlement_line_id,
    NULL::bigint AS match_no,
    NULL::bigint AS payout_id,
    NULL::bigint AS bank_line_id
FROM payment AS p
INNER JOIN journal_partner AS g ON g.partner_id = p.gateway
CROSS JOIN
    LATERAL journal_of_payment(g.name, p.kind, p.amount_minor) AS e
WHERE p.first_reconciled_on IS NOT NULL
UNION ALL
SELECT
    l.first_reconciled_on AS business_date,
    'line' AS entry_kind,
    l.settlement_line_id AS entry_no,
    e.posting_no,
    e.account,
    e.currency,
    e.amount_minor,
    l.kind
    || ' line:'
    || l.settlement_line_id
    || coalesce(' ' || coalesce(l.order_ref, l.gateway_ref), '')
        AS narration,
    NULL AS payment_id,
    l.settlement_line_id,
    NULL AS match_no,
    NULL AS payout_id,
    NULL AS bank_line_id
FROM journal_line AS l
INNER JOIN journal_partner AS g ON g.partner_id = l.gateway
CROSS JOIN
    LATERAL journal_of_line(
        g.name, l.account, l.kind, l.currency::text, l.settlement_currency::text, l.gross_minor,
        l.net_minor, l.fee_minor
    ) AS e
UNION ALL
SELECT
    m.booked_on AS business_date,
    m.entry_kind,
    m.match_no AS entry_no,
    e.posting_no,
    e.account,
    e.currency,
    e.amount_minor,
    m.entry_kind || ':' || m.match_no || ' by '
    || CASE m.entry_kind WHEN 'unmatch' THEN m.undone_by ELSE replace(m.pass, '_', ' ') END
        AS narration,
    m.payment_id,
    m.settlement_line_id,
    m.match_no,
    NULL AS payout_id,
    NULL AS bank_line_id
FROM journal_match AS m
INNER JOIN journal_partner AS g ON g.partner_id = m.gateway
CROSS JOIN
    LATERAL journal_of_match(
        g.name, m.kind, m.currency::text, m.line_currency::text, m.sign * m.paid_minor,
        m.sign * m.settled_minor, m.sign * m.variance_minor
    ) AS e
UNION ALL
SELECT
    business_date,
    entry_kind,
    entry_no,
    posting_no,
    account,
    currency,
    amount_minor,
    narration,
    payment_id,
    settlement_line_id,
    match_no,
    payout_id,
    bank_line_id
FROM journal_other_posting;
COMMENT ON VIEW journal_posting IS
'The journal: one row per posting, debit positive and credit negative, in minor units. An entry
(entry_kind, entry_no, business_date) adds up to zero in each currency. The clearing account of a
gateway holds its open payments less its open lines.';

CREATE VIEW journal_sum AS
SELECT
    p.business_date,
    'payment' AS entry_kind,
    e.account,
    p.currency::text AS currency,
    e.amount_minor
FROM (
    SELECT
        first_reconciled_on AS business_date,
        gateway,
        kind,
        currency,
        sum(amount_minor)::bigint AS amount_minor
    FROM payment
    WHERE first_reconciled_on IS NOT NULL
    GROUP BY first_reconciled_on, gateway, kind, currency
) AS p
INNER JOIN journal_partner AS g ON g.partner_id = p.gateway
CROSS JOIN LATERAL journal_of_payment(g.name, p.kind, p.amount_minor) AS e
UNION ALL
SELECT
    l.business_date,
    'line' AS entry_kind,
    e.account,
    e.currency,
    e.amount_minor
FROM (
    SELECT
        first_reconciled_on AS business_date,
        gateway,
        account,
        kind,
        currency,
        settlement_currency,
        sum(gross_minor)::bigint AS gross_minor,
        sum(net_minor)::bigint AS net_minor,
        sum(fee_minor)::bigint AS fee_minor
    FROM journal_line
    GROUP BY first_reconciled_on, gateway, account, kind, currency, settlement_currency
) AS l
INNER JOIN journal_partner AS g ON g.partner_id = l.gateway
CROSS JOIN
    LATERAL journal_of_line(
        g.name, l.account, l.kind, l.currency::text, l.settlement_currency::text, l.gross_minor,
        l.net_minor, l.fee_minor
    ) AS e
UNION ALL
SELECT
    m.business_date,
    'match' AS entry_kind,
    e.account,
    e.currency,
    e.amount_minor
FROM (
    SELECT
        business_date,
        gateway,
        kind,
        currency,
        line_currency,
        sum(paid_minor)::bigint AS paid_minor,
        sum(settled_minor)::bigint AS settled_minor,
        sum(variance_minor)::bigint AS variance_minor
    FROM journal_edge
    GROUP BY business_date, gateway, kind, currency, line_currency
) AS m
INNER JOIN journal_partner AS g ON g.partner_id = m.gateway
CROSS JOIN
    LATERAL journal_of_match(
        g.name, m.kind, m.currency::text, m.line_currency::text, m.paid_minor, m.settled_minor,
        m.variance_minor
    ) AS e
UNION ALL
SELECT
    m.business_date,
    'unmatch' AS entry_kind,
    e.account,
    e.currency,
    e.amount_minor
FROM (
    SELECT
        undone_on AS business_date,
        gateway,
        kind,
        currency,
        line_currency,
        -sum(paid_minor)::bigint AS paid_minor,
        -sum(settled_minor)::bigint AS settled_minor,
        -sum(variance_minor)::bigint AS variance_minor
    FROM journal_edge
    WHERE undone_on IS NOT NULL
    GROUP BY undone_on, gateway, kind, currency, line_currency
) AS m
INNER JOIN journal_partner AS g ON g.partner_id = m.gateway
CROSS JOIN
    LATERAL journal_of_match(
        g.name, m.kind, m.currency::text, m.line_currency::text, m.paid_minor, m.settled_minor,
        m.variance_minor
    ) AS e
UNION ALL
SELECT
    business_date,
    entry_kind,
    account,
    currency,
    amount_minor
FROM journal_other_posting;
COMMENT ON VIEW journal_sum IS
'The journal without its single entries: rows that add up, per business date, kind of entry, account
and currency, to what the postings of journal_posting add up to. Since what is booked is linear in the
amounts, payments, lines and matches that differ in nothing else are summed before they are booked.';

CREATE VIEW journal_open_side AS
SELECT
    n.flow,
    n.side,
    g.partner_id,
    n.parent || g.name || n.part AS account,
    n.sign
FROM journal_partner AS g
CROSS JOIN (
    VALUES
    ('settlement', 'payments', 'Assets:Clearing:', ':Payments', 1),
    ('settlement', 'payments', 'Assets:Clearing:', ':Refunds', -1),
    ('settlement', 'lines', 'Assets:Clearing:', ':Settled', -1),
    ('settlement', 'lines', 'Assets:Clearing:', ':Disputes', -1),
    ('settlement', 'lines', 'Assets:Clearing:', ':Reserves', -1),
    ('settlement', 'lines', 'Assets:Clearing:', ':Adjustments', -1),
    ('settlement', 'lines', 'Assets:Clearing:', ':Reversals', -1),
    ('payouts', 'payouts', 'Assets:Transit:Sent:', '', 1),
    ('payouts', 'bank_lines', 'Assets:Transit:Received:', '', -1)
) AS n (flow, side, parent, part, sign);
COMMENT ON VIEW journal_open_side IS
'Which accounts hold what a side of a proof has open, and with what sign the proof counts it.';
