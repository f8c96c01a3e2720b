-- purpose: Mark the lines that this business date's reconciliation sees for the first time: those of
--   files received by its instant. Those of other kinds than charge and refund are booked on it.
-- reads: source_file (one row per file)
-- writes: settlement_line.first_reconciled_on (null to the business date)
-- params: business_date, as_of
UPDATE settlement_line
SET first_reconciled_on = :business_date
FROM source_file AS f
WHERE
    f.source_file_id = settlement_line.source_file_id
    AND f.received_at <= :as_of
    AND settlement_line.first_reconciled_on IS NULL
