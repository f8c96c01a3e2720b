-- purpose: The exceptions as they are handed out; evidence is JSON without empty entries.
-- reads: exceptions (one row per case)
-- writes: exceptions (one row per case)
SELECT
    code,
    payment_id,
    line_id,
    amount_minor,
    currency,
    CAST(json_merge_patch('{}', json_object(
        'reason', reason,
        'reference', reference,
        'gateway', gateway,
        'gateway_ref', gateway_ref,
        'order_ref', order_ref,
        'kind', kind,
        'settled_minor', settled_minor,
        'expected_minor', expected_minor,
        'expected_currency', expected_currency,
        'days_apart', days_apart,
        'related_payment_id', related_payment_id,
        'related_line_id', related_line_id,
        'candidates', CASE WHEN candidates > 1 THEN candidates END
    )) AS VARCHAR) AS evidence
FROM exceptions
ORDER BY code, line_id, payment_id
