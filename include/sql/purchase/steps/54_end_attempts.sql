-- purpose: attempts without an answer that are proved not to be there; whoever had claimed one before
--   writes nothing to it any more.
-- reads: absent (reference), tender (one row each)
-- writes: payment_attempt (UNKNOWN to NOT_SENT), payment_event (one row each)
-- params: as_of
WITH ended AS (
    UPDATE payment_attempt AS o SET
        status = 'NOT_SENT',
        status_at = :as_of,
        status_reason = 'proved not to be there',
        fencing_token = nextval('fencing_token')
    FROM absent AS a
    INNER JOIN tender AS t ON a.payment_ref = t.payment_ref
    WHERE
        o.payment_attempt_id = a.payment_attempt_id
        AND o.status = 'UNKNOWN'
        AND t.status = 'STOPPED'
    RETURNING o.payment_attempt_id
)

INSERT INTO payment_event (payment_attempt_id, event, occurred_at)
SELECT
    e.payment_attempt_id,
    'proved_not_there' AS event,
    :as_of AS occurred_at
FROM ended AS e
