-- purpose: An account that a paid order opens (mail box, directory) and that is not open: refused by the
--   accounts server, without an answer, or still waiting after an hour. The order stands as it is.
-- severity: medium
-- grace: 0
-- remedy: Read the reason and mend what it names, at the accounts server or on its connection. It is tried
--   again by itself at next_attempt_at; what may have been done is asked for first.
-- resolves: the account is open
-- reads: order_account, effect, sales_order (one row each), status_history (first row of each effect)
-- writes: one row per order and account
-- params: as_of
SELECT
    o.order_ref || ':' || a.account AS subject,
    o.storefront AS partner_id,
    o.total_minor AS amount_minor,
    o.currency,
    h.occurred_at AS since,
    ARRAY['order:' || o.order_ref, 'partner:' || o.storefront] AS keys,
    jsonb_build_object(
        'effect_id', e.effect_id, 'status', e.status, 'reason', e.status_reason,
        'attempts', e.attempts, 'next_attempt_at', e.next_attempt_at
    ) AS evidence
FROM effect AS e
INNER JOIN order_account AS a ON e.effect_id = a.effect_id
INNER JOIN sales_order AS o ON a.sales_order_id = o.sales_order_id
INNER JOIN status_history AS h
    ON h.machine = 'effect' AND e.effect_id = h.subject_id AND h.from_state = ''
WHERE
    e.kind = 'HTTP'
    AND e.status <> 'CONFIRMED'
    AND h.occurred_at <= :as_of
    AND (e.status IN ('REFUSED', 'UNKNOWN') OR h.occurred_at + interval '1 hour' < :as_of)
