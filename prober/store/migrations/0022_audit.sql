-- What people asked for and was done: kept for ever, and chained like what came of it.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,        -- of the decision that came of it
    at_ms INTEGER NOT NULL,
    author TEXT NOT NULL,
    deed TEXT NOT NULL,             -- open, post, set_pin, ...
    content TEXT NOT NULL,          -- JSON: what was asked, less the author
    link INTEGER
) STRICT;

CREATE INDEX audit_unlinked ON audit (seq) WHERE link IS NULL;
