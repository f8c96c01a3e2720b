-- purpose: Payments or lines that were open at the end of a business date, with what was found of each.
-- reads: settlement_open_as_of (one row per open payment or line), settlement_hold (one row per hold),
--   settlement_write_off (one row per write-off)
-- writes: rows id, ref, partner_id, kind, currency, amount_minor, since, codes, is_held (settled after that date),
--   is_proposed (its write-off waits)
-- params: day, side (payment or line), partner_id, code (each null for all), after (id), limit
SELECT
    i.id,
    i.ref,
    i.gateway AS partner_id,
    i.kind,
    i.currency::text AS currency,
    i.amount_minor,
    i.first_reconciled_on AS since,
    i.code AS codes,
    CASE i.side
        WHEN 'payment'
            THEN
                EXISTS (
                    SELECT 1 FROM settlement_hold AS h
                    WHERE h.freed_on = 'infinity' AND h.payment_id = i.id
                )
        ELSE EXISTS (
            SELECT 1 FROM settlement_hold AS h
            WHERE h.freed_on = 'infinity' AND h.settlement_line_id = i.id
        )
    END AS is_held,
    EXISTS(
        SELECT 1 FROM settlement_write_off AS w
        WHERE
            w.status = 'PROPOSED'
            AND CASE i.side WHEN 'payment' THEN w.payment_id ELSE w.settlement_line_id END = i.id
    ) AS is_proposed
FROM settlement_open_as_of(:day) AS i
WHERE
    i.side = :side
    AND (cast(:partner_id AS text) IS NULL OR i.gateway = :partner_id)
    AND (cast(:code AS text) IS NULL OR cast(:code AS text) = any(string_to_array(i.code, ' ')))
    AND i.id > :after
ORDER BY i.id
LIMIT :limit
