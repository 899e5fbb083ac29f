-- Keys of the status API. A key itself is never kept: what is kept can't be turned back into it.
CREATE TABLE api_key (
    id TEXT PRIMARY KEY,            -- names it in lists; opens nothing
    account TEXT,                   -- what it opens; null = every account
    name TEXT NOT NULL,             -- what people call it
    scope TEXT NOT NULL CHECK (scope IN ('read', 'write', 'admin')),
    digest BLOB NOT NULL UNIQUE,    -- SHA-256 of the key
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER,             -- null = never
    revoked_ms INTEGER,             -- null = it is live
    used_ms INTEGER                 -- about when it was last used; null = never
) STRICT;
