-- purpose: Reference rates from the rows of their files. A later file, and in it a later row, replaces the
--   rate of a day.
-- reads: staged (one row per rate), currency_decimals (one row per currency that has not two decimals)
-- writes: fx_rate (one row per day and pair of currencies)
INSERT INTO fx_rate (day, base, quote, rate, minor_rate, source_file_id, file_line)
SELECT DISTINCT ON (s.day, s.base, s.quote)
    s.day,
    s.base,
    s.quote,
    s.rate,
    s.rate * power(10::numeric, coalesce(q.decimals, 2) - coalesce(b.decimals, 2)) AS minor_rate,
    s.source_file_id,
    s.line_no AS file_line
FROM staged AS s
LEFT JOIN currency_decimals AS b ON b.currency = s.base
LEFT JOIN currency_decimals AS q ON q.currency = s.quote
WHERE
    NOT EXISTS (
        SELECT 1 FROM staged_rejected AS x
        WHERE x.source_file_id = s.source_file_id AND x.line_no = s.line_no
    )
ORDER BY s.day, s.base, s.quote, s.source_file_id DESC, s.line_no DESC
ON CONFLICT (day, base, quote) DO UPDATE SET
    rate = excluded.rate,
    minor_rate = excluded.minor_rate,
    source_file_id = excluded.source_file_id,
    file_line = excluded.file_line
