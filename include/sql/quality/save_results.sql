-- purpose: keep the results of an instant; checked again, they are replaced.
-- reads: nothing
-- writes: quality_result (expectation and instant)
-- params: as_of, results (JSON list of objects)
INSERT INTO quality_result (
    suite, expectation, as_of, severity, guards, success, element_count, unexpected_count, observed
)
SELECT
    r.suite,
    r.expectation,
    :as_of,
    r.severity,
    r.guards,
    r.success,
    r.element_count,
    r.unexpected_count,
    r.observed
FROM jsonb_populate_recordset(NULL::quality_result, cast(:results AS jsonb)) AS r
ON CONFLICT (suite, expectation, as_of) DO UPDATE SET
    severity = excluded.severity,
    guards = excluded.guards,
    success = excluded.success,
    element_count = excluded.element_count,
    unexpected_count = excluded.unexpected_count,
    observed = excluded.observed
