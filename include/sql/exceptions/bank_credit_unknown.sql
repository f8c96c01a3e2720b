-- purpose: Money at the bank that looks like a gateway's, or that a person parted from a payout, and belongs to no
--   payout that we know.
-- severity: high
-- grace: 1 run
-- inhibited-by: FILE_REFUSED by feed, PARTNER_UNREACHABLE by feed
-- remedy: Ask the gateway which payout it is, and for the file that announces it.
-- resolves: the payout is announced, or a person ties the line to one
-- reads: current_payout_finding (one row per finding of the newest reconciliation of payouts), bank_line (one row
--   per line), gateway_account (one row per gateway), payout_ban (one row per parted pair), payout (one row per
--   payout)
-- writes: one row per bank line
-- params: as_of
WITH senders AS (
    SELECT
        f.*,
        p.gateway AS sender
    FROM current_payout_finding(:as_of) AS f
    INNER JOIN bank_line AS b ON b.bank_line_id = f.bank_line_id
    INNER JOIN gateway_account AS p
        ON EXISTS (
            SELECT 1 FROM unnest(p.payer_patterns) AS w (word)
            WHERE position(match_text(w.word) IN b.search_text) > 0
        )
        OR EXISTS (
            SELECT 1 FROM payout_ban AS x
            INNER JOIN payout AS o ON o.payout_id = x.payout_id
            WHERE x.bank_line_id = f.bank_line_id AND o.gateway = p.gateway
        )
    WHERE f.code = 'BANK_CREDIT_UNKNOWN'
)

SELECT
    s.line_subject AS subject,
    s.bank AS partner_id,
    max(s.amount_minor) AS amount_minor,
    min(s.currency) AS currency,
    min(s.booked_at) AS since,
    array_agg(DISTINCT k.key) AS keys,
    min(s.evidence::text)::jsonb || jsonb_build_object('looks_like', array_agg(DISTINCT s.sender))
        AS evidence
FROM senders AS s
CROSS JOIN
    LATERAL unnest(
        s.keys || ARRAY['feed:' || s.sender || '/SETTLEMENT', 'feed:' || s.sender || '/PAYOUT']
    ) AS k (key)
GROUP BY s.bank, s.line_subject
