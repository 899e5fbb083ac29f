-- What an answer looked like with which a check's verdict changed; the latest of each check.
CREATE TABLE capsule (
    check_id TEXT NOT NULL,
    seq INTEGER NOT NULL,           -- of the decision
    at_ms INTEGER NOT NULL,
    content TEXT NOT NULL,          -- JSON
    PRIMARY KEY (check_id, seq)
) STRICT, WITHOUT ROWID;
