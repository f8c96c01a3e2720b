-- purpose: payments are a list of tenders, each with its reference, amount, time, state and method.
-- reads: candidate (row)
-- writes: finding (head row of an entry)
-- params: none
INSERT INTO finding (entry_row_id, entry_id, rule, field, value, reason, remedy)
WITH
heads AS (
    SELECT
        c.entry_row_id,
        c.entry_id,
        c.payments
    FROM candidate AS c
    WHERE c.is_head AND c.payments IS NOT NULL AND jsonb_typeof(c.payments) <> 'null'
),

tenders AS (
    SELECT
        h.entry_row_id,
        h.entry_id,
        t.place,
        t.tender,
        count(*) OVER (PARTITION BY h.entry_row_id, t.tender -> 'seq') AS same_seq,
        count(*) OVER (PARTITION BY h.entry_row_id, t.tender -> 'payment_ref') AS same_ref
    FROM heads AS h
    CROSS JOIN LATERAL jsonb_array_elements(
        CASE WHEN jsonb_typeof(h.payments) = 'array' THEN h.payments ELSE '[]' END
    ) WITH ORDINALITY AS t (tender, place)
),

judged AS (
    SELECT
        t.entry_row_id,
        t.entry_id,
        t.place,
        t.tender,
        CASE
            WHEN jsonb_typeof(t.tender) <> 'object' THEN ''
            WHEN coalesce(jsonb_typeof(t.tender -> 'seq'), '') <> 'number' THEN '.seq'
            WHEN t.tender ->> 'seq' !~ '^[0-9]{1,9}$' THEN '.seq'
            WHEN coalesce(t.tender ->> 'payment_ref', '') = '' THEN '.payment_ref'
            WHEN coalesce(t.tender ->> 'method', '') = '' THEN '.method'
            WHEN
                coalesce(jsonb_typeof(t.tender -> 'amount_minor'), '') <> 'number'
                THEN '.amount_minor'
            WHEN t.tender ->> 'amount_minor' !~ '^[0-9]{1,18}$' THEN '.amount_minor'
            WHEN NOT coalesce(is_instant(t.tender ->> 'captured_at'), FALSE) THEN '.captured_at'
            WHEN
                coalesce(t.tender ->> 'state', '') NOT IN ('CAPTURED', 'DECLINED', 'PENDING')
                THEN '.state'
            WHEN t.same_seq > 1 THEN '.seq'
            WHEN t.same_ref > 1 THEN '.payment_ref'
        END AS part
    FROM tenders AS t
),

first_flaw AS (
    SELECT DISTINCT ON (j.entry_row_id) j.*
    FROM judged AS j
    WHERE j.part IS NOT NULL
    ORDER BY j.entry_row_id, j.place
)

SELECT
    f.entry_row_id,
    f.entry_id,
    'payments-form' AS rule,
    'payments[' || f.place - 1 || ']' || f.part AS field,
    coalesce(f.tender ->> nullif(substr(f.part, 2), ''), f.tender::text) AS value,
    'The tender is not of the form that the column order_entry.payments states, or its number or '
    || 'reference stands there twice.' AS reason,
    'Correct the payments of the entry.' AS remedy
FROM first_flaw AS f
UNION ALL
SELECT
    h.entry_row_id,
    h.entry_id,
    'payments-form' AS rule,
    'payments' AS field,
    left(h.payments::text, 200) AS value,
    'Payments are not a list.' AS reason,
    'Correct the payments of the entry.' AS remedy
FROM heads AS h
WHERE jsonb_typeof(h.payments) <> 'array'
