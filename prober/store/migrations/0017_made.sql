-- What was made through the API instead of being declared in the configuration file.
CREATE TABLE made (
    num INTEGER PRIMARY KEY,                -- for dialects whose ids are numbers; rows stay, so none is given twice
    section TEXT NOT NULL,                  -- accounts | sites | components | subscriptions | metrics
    id TEXT NOT NULL,
    content TEXT NOT NULL,                  -- JSON: its fields
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    deleted_ms INTEGER,                     -- null = it is there
    UNIQUE (section, id)
) STRICT;

-- Points of the metrics that were made.
CREATE TABLE made_point (
    metric TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (metric, at_ms)
) STRICT, WITHOUT ROWID;
