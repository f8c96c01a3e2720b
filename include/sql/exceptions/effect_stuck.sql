-- purpose: A file, mail or request that should have left and is not known to have arrived: refused by the
--   other side, without an answer, or still waiting after 4 business hours (one to no partner: 24 hours).
--   A digest is left out once a later one to the same people has arrived; accounts have a code of their own.
-- severity: high
-- grace: 1 run
-- inhibited-by: PARTNER_UNREACHABLE by partner
-- remedy: Read the reason and look at what stands at the target, and mend that. What was refused is tried
--   again by itself at next_attempt_at of the evidence; for the rest clear the sending task: it asks the
--   other side before it sends again. A mail without an answer: ask the recipients.
-- resolves: it is proved to have arrived
-- reads: effect (one row per file or mail), status_history (first row of each), partner (one row each),
--   vendor_order, order_line, sales_order (rows of the orders in the file), notice, order_account
-- writes: one row per effect
-- params: as_of
WITH unproved AS (
    SELECT
        e.effect_id,
        e.effect_key,
        e.kind,
        e.partner_id,
        e.target,
        e.sha256,
        e.attempts,
        e.next_attempt_at,
        e.status,
        e.status_reason,
        p.calendar_id,
        p.zone,
        h.occurred_at AS planned_at
    FROM effect AS e
    INNER JOIN status_history AS h
        ON h.machine = 'effect' AND e.effect_id = h.subject_id AND h.from_state = ''
    LEFT JOIN partner AS p ON e.partner_id = p.partner_id
    WHERE e.status <> 'CONFIRMED'
),

stuck AS (
    SELECT u.*
    FROM unproved AS u
    WHERE
        u.planned_at <= :as_of
        AND (
            u.status IN ('REFUSED', 'UNKNOWN')
            OR CASE
                WHEN u.partner_id IS NULL THEN u.planned_at + interval '24 hours'
                ELSE add_business_hours(u.calendar_id, u.zone, u.planned_at, 4)
            END < :as_of
        )
        AND NOT EXISTS (
            SELECT 1 FROM effect AS n
            WHERE
                u.kind = 'MAIL'
                AND n.kind = 'MAIL'
                AND n.target = u.target
                AND n.effect_id > u.effect_id
                AND n.status = 'CONFIRMED'
                AND u.effect_id NOT IN (SELECT t.effect_id FROM notice AS t)
        )
        AND u.effect_id NOT IN (SELECT a.effect_id FROM order_account AS a)
),

held_up AS (
    SELECT
        s.effect_id,
        count(DISTINCT v.vendor_order_id) AS vendor_orders,
        array_agg(DISTINCT concat('vendor_order:', v.vendor_order_no)) AS keys,
        CASE WHEN count(DISTINCT o.currency) = 1 THEN min(o.currency) END AS currency,
        CASE WHEN count(DISTINCT o.currency) = 1 THEN sum(i.line_total_minor) END AS amount_minor
    FROM stuck AS s
    INNER JOIN vendor_order AS v ON s.effect_id = v.effect_id
    INNER JOIN sales_order AS o ON v.sales_order_id = o.sales_order_id
    INNER JOIN order_line AS i
        ON v.sales_order_id = i.sales_order_id AND v.vendor_id = i.vendor_id
    GROUP BY s.effect_id
)

SELECT
    s.effect_key AS subject,
    s.partner_id,
    w.amount_minor::bigint AS amount_minor,
    w.currency,
    s.planned_at AS since,
    array_remove(ARRAY['partner:' || s.partner_id], NULL) || coalesce(w.keys, '{}') AS keys,
    jsonb_build_object(
        'effect_id', s.effect_id, 'status', s.status, 'reason', s.status_reason,
        'target', s.target, 'sha256', s.sha256, 'attempts', s.attempts,
        'next_attempt_at', s.next_attempt_at,
        'vendor_orders', coalesce(w.vendor_orders, 0)
    ) AS evidence
FROM stuck AS s
LEFT JOIN held_up AS w ON s.effect_id = w.effect_id
