-- purpose: Lines that take back and lines that can be taken back, numbered within what they must have in
--   common. What lies before all that it could take back is left out.
-- reads: book_lines (one row per line), reversals (one row per pair so far), this_pass (one row)
-- writes: opposites (one row per line; nth counts those of a side by day, then id)
WITH
keyed AS (
    SELECT
        b.line_no,
        b.gateway,
        b.family,
        b.currency,
        b.size_minor,
        b.booked_day,
        b.rank_no,
        b.takes,
        CASE
            WHEN t.reference = 'gateway_ref' THEN b.gateway_ref
            WHEN t.reference = 'original_ref' THEN b.original_ref
            ELSE ''
        END AS ref
    FROM book_lines AS b
    CROSS JOIN this_pass AS t
    LEFT JOIN reversals AS r ON b.line_no = r.line_no
    LEFT JOIN reversals AS s ON b.line_no = s.related_no
    WHERE
        r.line_no IS NULL
        AND s.related_no IS NULL
        AND b.reversed_by IS NULL
        AND (b.placed = 0 OR b.takes = 0)
        AND b.size_minor > 0
),

first_days AS (
    SELECT
        line_no,
        gateway,
        family,
        currency,
        ref,
        size_minor,
        booked_day,
        rank_no,
        takes,
        min(CASE WHEN takes = 0 THEN booked_day END) OVER (
            PARTITION BY gateway, family, currency, ref, size_minor
        ) AS first_day
    FROM keyed
    WHERE ref IS NOT NULL
)

SELECT
    line_no,
    gateway,
    family,
    currency,
    ref,
    size_minor,
    booked_day,
    takes,
    row_number() OVER (
        PARTITION BY gateway, family, currency, ref, size_minor, takes
        ORDER BY booked_day, rank_no
    ) AS nth
FROM first_days
WHERE first_day <= booked_day
