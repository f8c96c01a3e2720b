-- purpose: Payouts or bank lines that were open at the end of a business date, with what was found of each.
-- reads: payout, bank_line (one row each), payout_change (one row per payout and date), bank_line_spell (one row per
--   spell in the books), payout_hold (one row per hold), payout_finding (one row per finding)
-- writes: rows id, ref, partner_id, kind, currency, amount_minor, since, codes, is_held (matched after that date),
--   is_proposed (false: its write-off is that of a match)
-- params: day, side (payout or bank), partner_id, code (each null for all), after (id), limit
WITH items AS (
    SELECT
        p.payout_id AS id,
        p.payout_ref AS ref,
        p.gateway AS partner_id,
        p.kind,
        p.currency,
        w.amount_minor,
        p.first_reconciled_on AS since,
        'payout' AS side
    FROM payout AS p
    CROSS JOIN
        LATERAL (
            SELECT p.amount_minor - coalesce(sum(c.change_minor), 0)::bigint AS amount_minor
            FROM payout_change AS c
            WHERE c.payout_id = p.payout_id AND c.business_date > :day
        ) AS w
    WHERE
        p.first_reconciled_on <= :day
        AND w.amount_minor <> 0
        AND coalesce(p.returned_on, 'infinity') > :day
        AND NOT EXISTS (
            SELECT 1 FROM payout_hold AS h
            WHERE h.payout_id = p.payout_id AND h.held_on <= :day AND h.freed_on > :day
        )
    UNION ALL
    SELECT
        b.bank_line_id AS id,
        coalesce(b.bank_ref, b.reference_text) AS ref,
        b.bank AS partner_id,
        'bank line' AS kind,
        b.currency,
        b.amount_minor,
        s.counted_on AS since,
        'bank' AS side
    FROM bank_line_spell AS s
    INNER JOIN bank_line AS b ON b.bank_line_id = s.bank_line_id
    WHERE
        s.counted_on <= :day
        AND s.set_aside_on > :day
        AND NOT EXISTS (
            SELECT 1 FROM payout_hold AS h
            WHERE h.bank_line_id = b.bank_line_id AND h.held_on <= :day AND h.freed_on > :day
        )
),

named AS (
    SELECT
        i.*,
        (
            SELECT string_agg(DISTINCT f.code, ' ' ORDER BY f.code) FROM payout_finding AS f
            WHERE
                f.business_date = :day
                AND f.code <> 'PAYOUT_SUM_DIFFERS'
                AND CASE i.side WHEN 'payout' THEN f.payout_id ELSE f.bank_line_id END = i.id
        ) AS codes
    FROM items AS i
    WHERE
        i.side = :side
        AND (cast(:partner_id AS text) IS NULL OR i.partner_id = :partner_id)
        AND i.id > :after
)

SELECT
    n.id,
    n.ref,
    n.partner_id,
    n.kind,
    n.currency::text AS currency,
    n.amount_minor,
    n.since,
    n.codes,
    EXISTS(
        SELECT 1 FROM payout_hold AS h
        WHERE
            h.freed_on = 'infinity'
            AND CASE n.side WHEN 'payout' THEN h.payout_id ELSE h.bank_line_id END = n.id
    ) AS is_held,
    FALSE AS is_proposed
FROM named AS n
WHERE cast(:code AS text) IS NULL OR cast(:code AS text) = any(string_to_array(n.codes, ' '))
ORDER BY n.id
LIMIT :limit
