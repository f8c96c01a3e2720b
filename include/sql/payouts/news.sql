-- purpose: The files that have come since the last reconciliation of an earlier business date.
-- reads: source_file (one row per file), payout_run (one row per business date)
-- writes: news_file (one row per file)
-- params: business_date, as_of
CREATE TEMP TABLE news_file ON COMMIT DROP AS
SELECT
    f.source_file_id,
    f.received_at
FROM source_file AS f
WHERE
    f.doc_type IN ('SETTLEMENT', 'PAYOUT')
    AND f.received_at <= :as_of
    AND f.received_at > coalesce(
        (
            SELECT max(r.as_of) FROM payout_run AS r
            WHERE r.business_date < :business_date
        ),
        '-infinity'
    )
