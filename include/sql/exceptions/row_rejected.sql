-- purpose: A row in quarantine, of order entry or of a file (a carrier's rows have their own code).
-- severity: medium
-- grace: 0
-- remedy: Correct the row in the quarantine, or what it refers to (a missing product); it loads by itself.
-- resolves: the row loads, or is discarded
-- reads: quarantine (one row per place), order_entry (one row per entry row), source_file (one row per
--   file)
-- writes: one row per rejected row
-- params: as_of
WITH waiting AS (
    SELECT
        q.quarantine_id,
        q.doc_type,
        q.partner_id,
        q.line_no,
        q.entry_row_id,
        q.field,
        q.value,
        q.rule,
        q.reason,
        q.first_seen_at,
        f.name AS file_name,
        e.entry_id,
        e.line_no AS entry_line_no,
        e.order_ref,
        e.line_total_minor,
        CASE WHEN e.currency ~ '^[A-Z]{3}$' THEN e.currency END AS currency,
        CASE WHEN jsonb_typeof(e.payments) = 'array' THEN e.payments ELSE '[]' END AS payments
    FROM quarantine AS q
    LEFT JOIN source_file AS f ON f.source_file_id = q.source_file_id
    LEFT JOIN order_entry AS e ON e.entry_row_id = q.entry_row_id
    WHERE
        q.status IN ('OPEN', 'CORRECTED')
        AND q.doc_type <> 'TRACKING'
        AND q.first_seen_at <= :as_of
),

tenders AS (
    SELECT
        w.quarantine_id,
        array_agg(k.key) AS keys
    FROM waiting AS w
    CROSS JOIN LATERAL jsonb_array_elements(w.payments) AS t (tender)
    CROSS JOIN
        LATERAL (
            VALUES ('payment:' || (t.tender ->> 'payment_ref')),
            ('gateway_ref:' || (t.tender ->> 'gateway_ref'))
        ) AS k (key)
    WHERE k.key IS NOT NULL
    GROUP BY w.quarantine_id
)

SELECT
    CASE
        WHEN w.entry_row_id IS NULL THEN 'file:' || w.file_name || ':' || w.line_no
        ELSE
            'entry:' || coalesce(w.entry_id::text, 'row ' || w.entry_row_id) || ':'
            || coalesce(w.entry_line_no, 0)
    END AS subject,
    w.partner_id,
    w.line_total_minor AS amount_minor,
    w.currency,
    w.first_seen_at AS since,
    array_remove(ARRAY[
        'partner:' || w.partner_id,
        'doc:' || w.doc_type,
        'feed:' || w.partner_id || '/' || w.doc_type,
        'file:' || w.file_name,
        'order:' || w.order_ref
    ], NULL) || coalesce(t.keys, '{}') AS keys,
    jsonb_build_object(
        'quarantine_id', w.quarantine_id, 'doc_type', w.doc_type, 'field', w.field,
        'value', w.value, 'rule', w.rule, 'reason', w.reason, 'order_ref', w.order_ref
    ) AS evidence
FROM waiting AS w
LEFT JOIN tenders AS t ON t.quarantine_id = w.quarantine_id
