-- Where a query says {table}, {key} or {is_key}, the chained table, the columns of its key, and "this is its key" are put in.

-- name: chain^
-- Where the chain starts and how far it goes.
SELECT base_num, base_digest, head_num, head_digest
FROM chain;

-- name: begin_chain!
-- Start the chain, if there is none.
INSERT INTO chain (only_row, base_num, base_digest, head_num, head_digest)
VALUES (1, 0, :start, 0, :start)
ON CONFLICT DO NOTHING;

-- name: move_chain_head!
-- How far the chain goes now.
UPDATE chain
SET head_num = :num, head_digest = :digest;

-- name: move_chain_base!
-- Where the chain starts now.
UPDATE chain
SET base_num = :num, base_digest = :digest;

-- name: add_link!
-- What one transaction has written of the chained tables.
INSERT INTO link (num, at_ms, schema, rows, before, digest)
VALUES (:num, :at_ms, :schema, :rows, :before, :digest);

-- name: add_link_rows*!
-- The rows of a link as they were written, each a tuple in this order.
INSERT INTO link_row (link, item, tbl, key, digest)
VALUES (?, ?, ?, ?, ?);

-- name: links
-- All links, in order.
SELECT num, at_ms, schema, rows, before, digest
FROM link
ORDER BY num;

-- name: oldest_links
-- The first links of the chain but for the latest one.
SELECT num, at_ms, schema, rows, before, digest
FROM link
WHERE num < :head
ORDER BY num
LIMIT :limit;

-- name: rows_of_link
-- What a link has, in order.
SELECT tbl, key, digest, item
FROM link_row
WHERE link = :link
ORDER BY item;

-- name: tables_of_link
-- Which rows a link has, deliveries before the notices they are of.
SELECT tbl, key
FROM link_row
WHERE link = :link
ORDER BY tbl;

-- name: count_link_rows^
-- How many rows all links have.
SELECT count(*)
FROM link_row;

-- name: drop_rows_of_links!
-- Links up to this one are going.
DELETE FROM link_row
WHERE link <= :num;

-- name: drop_links!
-- Links up to this one are going.
DELETE FROM link
WHERE num <= :num;

-- name: knows_chain^
-- Whether the schema knows of a chain.
SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'link_row');

-- name: is_chain_begun^
-- Whether anything of a chain is there.
SELECT EXISTS (SELECT 1 FROM chain) OR EXISTS (SELECT 1 FROM link) OR EXISTS (SELECT 1 FROM link_row);

-- name: unlinked_rows
-- Rows of a chained table that no link has yet, in the order of their keys.
SELECT *
FROM "{table}"
WHERE link IS NULL
ORDER BY {key}
LIMIT ?;

-- name: link_row_to!
-- Say which link has the latest digest of a row.
UPDATE "{table}"
SET link = ?
WHERE {is_key};

-- name: unlink_row!
-- Let a row be taken into the next link, if this one has its latest digest.
UPDATE "{table}"
SET link = NULL
WHERE link = ?
    AND {is_key};

-- name: chained_row
-- The row of a chained table with that key.
SELECT *
FROM "{table}"
WHERE {is_key};

-- name: count_chained_rows
-- How many rows a chained table has: by themselves, not by what an index says of them.
SELECT count(*)
FROM "{table}" NOT INDEXED;

-- name: chained_rows
-- All rows of a chained table: by themselves, not by what an index says of them.
SELECT *
FROM "{table}" NOT INDEXED;

-- name: is_in_link^
-- Whether a link has a row of that table and key.
SELECT EXISTS (
    SELECT 1
    FROM link_row
    WHERE link = :link
        AND tbl = :tbl
        AND key = :key
);

-- name: drop_settled_delivery!
-- Delete an attempt to deliver a notice, if this link has its latest digest and the notice is settled and old.
DELETE FROM delivery
WHERE link = :link
    AND notice = :notice
    AND attempt = :attempt
    AND notice IN (
        SELECT id
        FROM notice
        WHERE id = :notice
            AND progress <> 'pending'
            AND at_ms < :before_ms
    );

-- name: drop_settled_notice!
-- Delete a notice, if this link has its latest digest, it is settled and old, and no attempt to deliver it is left.
DELETE FROM notice
WHERE link = :link
    AND id = :notice
    AND progress <> 'pending'
    AND at_ms < :before_ms
    AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.notice = :notice);

-- name: told_head^
-- What the installation says of how far the chain goes, and which latest link has once been missed.
SELECT chain_num, chain_digest, chain_missed
FROM installation;

-- name: tell_head!
-- Tell the installation how far the chain goes now.
UPDATE installation
SET chain_num = :num, chain_digest = :digest;

-- name: miss_head!
-- The chain does not end where the installation says: what is found out once stays found out.
UPDATE installation
SET chain_missed = coalesce(chain_missed, chain_num);
