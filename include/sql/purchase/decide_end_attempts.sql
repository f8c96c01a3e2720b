-- purpose: the attempts without an answer of a purchase that a person has found not to be paid: they are not
--   there; whoever had claimed one before writes nothing to it any more.
-- reads: purchase (one row), purchase_tender (tender)
-- writes: payment_attempt (UNKNOWN to NOT_SENT), payment_event (one row each)
-- params: entry_id, reason, at
WITH ended AS (
    UPDATE payment_attempt AS o SET
        status = 'NOT_SENT',
        status_at = :at,
        status_reason = :reason,
        fencing_token = nextval('fencing_token')
    FROM purchase AS p
    INNER JOIN purchase_tender AS k ON p.purchase_id = k.purchase_id
    WHERE
        p.entry_id = cast(:entry_id AS uuid)
        AND o.payment_ref = k.payment_ref
        AND o.status = 'UNKNOWN'
    RETURNING o.payment_attempt_id
)

INSERT INTO payment_event (payment_attempt_id, event, facts, occurred_at)
SELECT
    e.payment_attempt_id,
    'proved_not_there' AS event,
    jsonb_build_object('by', cast(:reason AS text)) AS facts,
    :at AS occurred_at
FROM ended AS e
