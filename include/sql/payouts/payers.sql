-- purpose: By which words the bank shows each gateway as payer.
-- reads: gateway_account (one row per gateway)
-- writes: the payers of the payout engine (one row per gateway and word)
SELECT DISTINCT
    a.gateway,
    match_text(w.word) AS said
FROM gateway_account AS a
CROSS JOIN LATERAL unnest(a.payer_patterns) AS w (word)
WHERE match_text(w.word) IS NOT NULL
