-- purpose: Mark the lines that this business date's reconciliation sees for the first time: those of
--   files received by its instant. Those of other kinds than charge and refund are booked on it.
-- reads: source_file (one row per file)
-- writes: settlement_line.first_reconciled_on (null to the business date), settlement_file (one row per file and
--   date)
-- params: business_date, as_of
WITH arrived AS (
    DELETE FROM settlement_file AS w
    USING source_file AS f
    WHERE
        f.source_file_id = w.source_file_id
        AND f.received_at <= :as_of
        AND w.met_on IS NULL
    RETURNING w.source_file_id
),

noted AS (
    INSERT INTO settlement_file (source_file_id, met_on)
    SELECT
        source_file_id,
        :business_date AS met_on
    FROM arrived
    ON CONFLICT DO NOTHING
)

UPDATE settlement_line
SET first_reconciled_on = :business_date
FROM arrived
WHERE
    arrived.source_file_id = settlement_line.source_file_id
    AND settlement_line.first_reconciled_on IS NULL
