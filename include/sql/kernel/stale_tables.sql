-- purpose: The tables of which so much has changed since the planner last looked that its plans may be
--   far off: more than a thousand rows and a tenth of the table. After a bulk load this is so until
--   autovacuum comes round.
-- reads: pg_stat_user_tables (one row per table)
-- writes: rows table_name
SELECT relname AS table_name
FROM pg_stat_user_tables
WHERE schemaname = current_schema() AND n_mod_since_analyze > 1000 + n_live_tup / 10
ORDER BY relname
