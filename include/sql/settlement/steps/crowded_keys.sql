-- purpose: The exact keys that several payments or several lines share. Only these need ranks: every
--   other key has one payment and one line at most. key_code is a number made of the key; two keys
--   that happen to share one are ranked in vain, nothing else.
-- reads: payments (one row per payment), lines (one row per line of a matched kind)
-- writes: crowded_keys (one row per key_code)
SELECT key_code
FROM payments
WHERE gateway_ref IS NOT NULL
GROUP BY key_code
HAVING count(*) > 1
UNION
SELECT key_code
FROM lines
WHERE gateway_ref IS NOT NULL
GROUP BY key_code
HAVING count(*) > 1
