-- name: tables_to_look_over
-- All tables; those that grow with time come last: what can't be done without is looked at first.
SELECT name
FROM sqlite_schema
WHERE type = 'table'
ORDER BY name IN ('observation', 'rollup_minute', 'rollup_hour', 'rollup_day', 'link', 'link_row'), name;

-- name: count_schema^
-- How many tables and indexes there are; 0 of an empty database.
SELECT count(*)
FROM sqlite_schema;

-- name: structure
-- Every table, index and trigger, each with its columns.
SELECT one.type, one.name, its.name AS column_name, its.type AS column_type, its."notnull", its.pk
FROM sqlite_schema AS one
LEFT JOIN pragma_table_xinfo(one.name) AS its
WHERE one.name NOT LIKE 'sqlite\_%' ESCAPE '\'
ORDER BY one.type, one.name, its.cid;
