-- purpose: critical expectations that guard a flow and whose newest result up to the instant failed.
-- reads: quality_result (expectation and instant)
-- writes: nothing
-- params: flow, as_of
WITH newest AS (
    SELECT DISTINCT ON (r.suite, r.expectation)
        r.suite,
        r.expectation,
        r.severity,
        r.guards,
        r.success,
        r.unexpected_count
    FROM quality_result AS r
    WHERE r.as_of <= :as_of
    ORDER BY r.suite, r.expectation, r.as_of DESC
)

SELECT
    n.suite,
    n.expectation,
    n.unexpected_count
FROM newest AS n
WHERE n.severity = 'critical' AND NOT n.success AND :flow = ANY(n.guards)
ORDER BY n.suite, n.expectation
