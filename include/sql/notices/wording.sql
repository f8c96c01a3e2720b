-- purpose: how notices are worded.
-- reads: notice_nature (nature and audience)
-- writes: nothing
-- params: none
SELECT
    n.nature,
    n.audience,
    n.active,
    n.subject,
    n.content,
    n.facts
FROM notice_nature AS n
ORDER BY n.nature, n.audience
