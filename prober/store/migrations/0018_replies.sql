-- What was answered to requests with an Idempotency-Key, so that one that is repeated does nothing twice.
CREATE TABLE reply (
    id BLOB PRIMARY KEY,            -- SHA-256 of who asked, what for, and his key
    request BLOB NOT NULL,          -- SHA-256 of the body
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;
