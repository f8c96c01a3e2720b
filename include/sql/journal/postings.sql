-- purpose: The journal of some business dates, in an order that never changes.
-- reads: journal_posting (one row per posting)
-- writes: rows business_date, entry_kind, entry_no, posting_no, account, currency, amount_minor, narration
-- params: first_day, last_day
SELECT
    business_date,
    entry_kind,
    entry_no,
    posting_no,
    account,
    currency,
    amount_minor,
    narration
FROM journal_posting
WHERE business_date BETWEEN :first_day AND :last_day
ORDER BY business_date, entry_kind COLLATE "C", entry_no, posting_no
