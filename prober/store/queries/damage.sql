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
