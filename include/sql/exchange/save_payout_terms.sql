-- purpose: write how gateways pay out, beside their accounts.
-- reads: new_payout_terms (one row per gateway)
-- writes: gateway_account (payout terms)
-- params: none
UPDATE gateway_account
SET
    payer_patterns = array_remove(string_to_array(n.payer_patterns, e'\n'), ''),
    payout_business_days = n.business_days,
    payout_window_days = n.window_days,
    consecutive_batches = n.consecutive_batches
FROM new_payout_terms AS n
WHERE n.gateway = gateway_account.gateway
