-- purpose: charges that ended in an error that staff has to look at, put together by gateway, problem and day:
--   the gateway does not take our key or the request, an attempt was given up unsent, another amount was
--   taken than was asked for, or it was taken a second time.
-- reads: payment_attempt, payment_event (one row each); next_act_at is ledger.NEVER where it is given up
-- writes: nothing; one row per gateway, problem and UTC day of the last two
-- params: as_of
WITH problems AS (
    SELECT
        a.payment_attempt_id,
        a.status_at AS happened_at,
        split_part(a.status_reason, ':', 1) AS problem,
        a.status_reason AS reason
    FROM payment_attempt AS a
    WHERE
        a.status = 'NOT_SENT'
        AND (
            split_part(a.status_reason, ':', 1) IN ('KEY_EXPIRED', 'BAD_REQUEST')
            OR a.next_act_at >= '9999-12-31'
        )
    UNION ALL
    SELECT
        a.payment_attempt_id,
        a.status_at AS happened_at,
        'AMOUNT_DIFFERS' AS problem,
        'asked ' || a.amount_minor || ' ' || a.currency || ', took ' || a.answered_minor || ' '
        || a.answered_currency || ' (minor units)' AS reason
    FROM payment_attempt AS a
    WHERE
        a.status = 'SUCCESS'
        AND (a.answered_minor <> a.amount_minor OR a.answered_currency <> a.currency)
    UNION ALL
    SELECT
        e.payment_attempt_id,
        e.occurred_at AS happened_at,
        'CAPTURED_TWICE' AS problem,
        'another attempt has taken it too' AS reason
    FROM payment_event AS e
    WHERE e.event = 'captured_beside'
)

SELECT
    a.gateway,
    p.problem,
    (p.happened_at AT TIME ZONE 'UTC')::date AS day,
    count(DISTINCT a.payment_attempt_id) AS charges,
    (array_agg(a.our_ref ORDER BY p.happened_at, a.payment_attempt_id))[1] AS our_ref,
    (array_agg(p.reason ORDER BY p.happened_at, a.payment_attempt_id))[1] AS reason
FROM problems AS p
INNER JOIN payment_attempt AS a ON p.payment_attempt_id = a.payment_attempt_id
WHERE
    p.happened_at > cast(:as_of AS timestamptz) - interval '2 days'
    AND p.happened_at <= :as_of
GROUP BY a.gateway, p.problem, (p.happened_at AT TIME ZONE 'UTC')::date
ORDER BY day, a.gateway, p.problem
