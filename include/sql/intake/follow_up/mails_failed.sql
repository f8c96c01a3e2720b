-- purpose: mails to customers that the mail server refused, or gave no answer about.
-- reads: notice, effect (one row each)
-- writes: nothing
-- params: none
SELECT
    e.effect_key,
    n.nature,
    n.about,
    e.status_reason AS reason
FROM effect AS e
INNER JOIN notice AS n ON e.effect_id = n.effect_id
WHERE e.kind = 'MAIL' AND e.status IN ('REFUSED', 'UNKNOWN') AND n.audience = 'CUSTOMER'
ORDER BY e.effect_id
