-- purpose: Which files could be answered by an acknowledgement, and why others could not.
-- reads: the pairs of a file and what is wrong, null where nothing is
-- writes: source_file (unanswered)
-- params: source_file_ids (bigint[]), problems (text[], same order)
UPDATE source_file AS f
SET unanswered = n.problem
FROM
    unnest(CAST(:source_file_ids AS bigint[]), CAST(:problems AS text[]))
        AS n (source_file_id, problem)
WHERE f.source_file_id = n.source_file_id AND f.unanswered IS DISTINCT FROM n.problem
