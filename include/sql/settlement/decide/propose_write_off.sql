-- purpose: Propose to give money up: a payment, a line, or the variance of a match still to be made, of payments
--   with lines or of payouts with bank lines.
-- reads: nothing
-- writes: settlement_write_off (one row, PROPOSED; the database says whether it needs a second person)
-- params: payment_id, settlement_line_id, match_payments, match_lines, match_payouts, match_bank_lines (what is not
--   meant is null), gateway, currency, amount_minor, actor, reason, at
INSERT INTO settlement_write_off (
    payment_id, settlement_line_id, match_payments, match_lines, match_payouts, match_bank_lines,
    gateway, currency, amount_minor, proposed_by, status, status_at, status_reason
)
VALUES (
    :payment_id, :settlement_line_id, cast(:match_payments AS bigint[]),
    cast(:match_lines AS bigint[]), cast(:match_payouts AS bigint[]),
    cast(:match_bank_lines AS bigint[]), :gateway, :currency, :amount_minor, :actor, 'PROPOSED',
    :at, :reason
)
RETURNING settlement_write_off_id AS write_off_id, needs_approval
