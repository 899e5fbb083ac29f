-- What was decided and what came of it is chained: a row that is changed later, added or taken away is found out.
-- `link` of a row: which link has its digest; null only within the transaction that writes the row.
ALTER TABLE transition ADD COLUMN link INTEGER;
ALTER TABLE incident ADD COLUMN link INTEGER;
ALTER TABLE incident_affected ADD COLUMN link INTEGER;
ALTER TABLE incident_update ADD COLUMN link INTEGER;
ALTER TABLE notice ADD COLUMN link INTEGER;
ALTER TABLE delivery ADD COLUMN link INTEGER;

CREATE INDEX transition_unlinked ON transition (seq, item) WHERE link IS NULL;
CREATE INDEX incident_unlinked ON incident (num) WHERE link IS NULL;
CREATE INDEX incident_affected_unlinked ON incident_affected (num, component) WHERE link IS NULL;
CREATE INDEX incident_update_unlinked ON incident_update (num, item) WHERE link IS NULL;
CREATE INDEX notice_unlinked ON notice (id) WHERE link IS NULL;
CREATE INDEX delivery_unlinked ON delivery (notice, attempt) WHERE link IS NULL;

-- One row: where the chain starts and how far it goes.
CREATE TABLE chain (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    base_num INTEGER NOT NULL,      -- links up to this one are gone
    base_digest BLOB NOT NULL,      -- of that link
    head_num INTEGER NOT NULL,      -- the latest link
    head_digest BLOB NOT NULL       -- of that link
) STRICT;

-- What one transaction has written of the chained tables.
CREATE TABLE link (
    num INTEGER PRIMARY KEY,        -- without gaps
    at_ms INTEGER NOT NULL,
    schema INTEGER NOT NULL,        -- whose columns the digests are of
    rows INTEGER NOT NULL,          -- how many link_rows it has
    before BLOB NOT NULL,           -- the digest of the link before
    digest BLOB NOT NULL            -- of all of this and its link_rows
) STRICT;

-- A row as it was written.
CREATE TABLE link_row (
    link INTEGER NOT NULL,
    item INTEGER NOT NULL,          -- position within the link
    tbl TEXT NOT NULL,
    key TEXT NOT NULL,              -- JSON list: the row's primary key
    digest BLOB NOT NULL,
    PRIMARY KEY (link, item)
) STRICT, WITHOUT ROWID;
