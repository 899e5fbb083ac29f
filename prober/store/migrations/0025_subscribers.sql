-- Readers who want to be told by mail. Personal data: it stands nowhere else, and is gone when they leave.
ALTER TABLE installation ADD COLUMN secret BLOB; -- signs the links in their mails; null until the next start

CREATE TABLE subscriber (
    id TEXT PRIMARY KEY,                -- stands in the links
    site TEXT NOT NULL,
    address TEXT NOT NULL,              -- of the mailbox, in lower case
    asked_ms INTEGER NOT NULL,          -- when somebody asked for it
    next_ms INTEGER,                    -- when the mailbox is to be asked (again); null = it has been
    attempts INTEGER NOT NULL DEFAULT 0,
    confirmed_ms INTEGER,               -- when its owner confirmed; null = not yet
    refusals INTEGER NOT NULL DEFAULT 0, -- how often in a row there was no such mailbox
    UNIQUE (site, address)
) STRICT;

CREATE INDEX subscriber_asked ON subscriber (asked_ms) WHERE confirmed_ms IS NULL;

-- Which subscribers have a notice already, as long as others of the same notice do not.
CREATE TABLE mailed (
    notice TEXT NOT NULL,
    subscriber TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (notice, subscriber)
) STRICT, WITHOUT ROWID;
