-- name: all_rows
-- All rows of a table ({table}), in an order that does not change ({order}).
SELECT *
FROM "{table}"
ORDER BY {order};

-- name: put_row!
-- A row of any table ({table}): values ({marks}) of these columns ({columns}).
INSERT INTO "{table}" ({columns})
VALUES ({marks});

-- name: own_tables
-- All tables but SQLite's own.
SELECT name
FROM sqlite_schema
WHERE type = 'table'
    AND name NOT LIKE 'sqlite_%';
