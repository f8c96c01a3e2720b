-- purpose: Payments that no line has taken or may mean by a reference, of the sorts that nameless lines have.
-- reads: payments (one row per payment), nameless_lines (one row per line), near_payments (one row per
--   payment that an open line may mean), exact_pairs (one row per match), taken (one row per payment)
-- writes: free_payments (one row per payment)
WITH sorts AS (
    SELECT DISTINCT
        gateway,
        kind,
        currency
    FROM nameless_lines
)

SELECT
    p.payment_no,
    p.payment_id,
    p.gateway,
    p.kind,
    p.currency,
    p.amount_minor,
    p.settle_minor,
    p.booked_day
FROM payments AS p
INNER JOIN sorts AS s
    ON
        p.gateway = s.gateway
        AND p.kind = s.kind
        AND p.currency = s.currency
LEFT JOIN near_payments AS n ON p.payment_no = n.payment_no
LEFT JOIN exact_pairs AS e ON p.payment_no = e.payment_no
LEFT JOIN taken AS k ON p.payment_no = k.payment_no
WHERE
    n.payment_no IS NULL
    AND e.payment_no IS NULL
    AND k.payment_no IS NULL
    AND p.settle_minor <> 0
