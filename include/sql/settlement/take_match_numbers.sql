-- purpose: Take so many numbers for matches, that nobody else gets.
-- reads: settlement_match_no (the sequence)
-- writes: one row: before, the number before the first of them
-- params: size
SELECT setval('settlement_match_no', nextval('settlement_match_no') + :size - 1) - :size AS before
