-- purpose: how many rows each table has, to show that a run again adds none.
-- reads: all tables of the schema public (any grain)
SELECT
    t.table_name,
    CAST(
        (
            xpath(
                '/row/n/text()',
                query_to_xml(
                    format('SELECT count(*) AS n FROM %I', t.table_name), false, true, ''
                )
            )
        )[1] AS text
    ) AS n
FROM information_schema.tables AS t
WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE'
ORDER BY t.table_name
