-- The first schema. Times are integer milliseconds since the epoch, UTC.

-- One row: who this installation is, and how far its judgement has come.
CREATE TABLE installation (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    identity BLOB NOT NULL,         -- secret: makes ids unguessable
    epoch INTEGER NOT NULL,         -- grows by one at each start
    seq INTEGER NOT NULL,           -- of the latest decision
    next_num INTEGER NOT NULL,      -- of the next incident
    handled_ms INTEGER              -- maintenance boundaries up to here are done
) STRICT;

-- The verdict on each check and the streaks that may change it.
CREATE TABLE check_state (
    id TEXT PRIMARY KEY,
    verdict TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    down INTEGER NOT NULL,
    bad INTEGER NOT NULL,
    not_down INTEGER NOT NULL,
    good INTEGER NOT NULL,
    down_from_ms INTEGER NOT NULL,
    bad_from_ms INTEGER NOT NULL,
    not_down_from_ms INTEGER NOT NULL,
    good_from_ms INTEGER NOT NULL,
    reason TEXT,
    detail TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What each component shows.
CREATE TABLE component_state (
    id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    watched INTEGER NOT NULL,
    causes TEXT NOT NULL,           -- JSON list of check ids
    site TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Every change of a verdict or status, in the order it was decided.
CREATE TABLE transition (
    seq INTEGER NOT NULL,
    item INTEGER NOT NULL,          -- position within the decision
    epoch INTEGER NOT NULL,
    subject TEXT NOT NULL,          -- check | component
    id TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    at_ms INTEGER NOT NULL,         -- when it was decided
    since_ms INTEGER NOT NULL,      -- from when it holds
    rule TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (seq, item)
) STRICT, WITHOUT ROWID;

CREATE INDEX transition_by_subject ON transition (subject, id, since_ms);

CREATE TABLE incident (
    num INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    slug TEXT NOT NULL UNIQUE,
    site TEXT NOT NULL,
    cause TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    impact INTEGER NOT NULL,
    started_ms INTEGER NOT NULL,
    opened_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    monitoring_ms INTEGER,
    resolved_ms INTEGER
) STRICT;

-- Nothing is opened twice: one cause has at most one open incident.
CREATE UNIQUE INDEX incident_open_once ON incident (cause) WHERE resolved_ms IS NULL;

CREATE TABLE incident_affected (
    num INTEGER NOT NULL REFERENCES incident (num),
    component TEXT NOT NULL,
    status TEXT NOT NULL,
    worst TEXT NOT NULL,
    PRIMARY KEY (num, component)
) STRICT, WITHOUT ROWID;

CREATE TABLE incident_update (
    num INTEGER NOT NULL REFERENCES incident (num),
    item INTEGER NOT NULL,          -- position in the timeline, oldest first
    at_ms INTEGER NOT NULL,
    status TEXT NOT NULL,
    body TEXT NOT NULL,
    author TEXT NOT NULL,
    PRIMARY KEY (num, item)
) STRICT, WITHOUT ROWID;

-- The outbox: messages owed, until they are delivered or given up.
CREATE TABLE notice (
    id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    item INTEGER NOT NULL,          -- position within the decision
    subscription TEXT NOT NULL,
    channel TEXT NOT NULL,
    reason TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    site TEXT NOT NULL,
    stream TEXT NOT NULL,
    content TEXT NOT NULL,          -- JSON: the thing as it was at at_ms
    progress TEXT NOT NULL DEFAULT 'pending' CHECK (progress IN ('pending', 'delivered', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_ms INTEGER NOT NULL,
    UNIQUE (seq, item)
) STRICT;

CREATE INDEX notice_pending ON notice (channel, seq, item) WHERE progress = 'pending';

-- Every attempt to deliver a notice.
CREATE TABLE delivery (
    notice TEXT NOT NULL REFERENCES notice (id),
    attempt INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    took_ms INTEGER NOT NULL,
    status INTEGER,                 -- HTTP status, if there was one
    error TEXT,                     -- why it did not arrive; null if it did
    PRIMARY KEY (notice, attempt)
) STRICT, WITHOUT ROWID;

-- Raw observations, appended in the order they were made; old ones are deleted from the front.
CREATE TABLE observation (
    check_id TEXT NOT NULL,
    scheduled_ms INTEGER NOT NULL,
    lag_ms INTEGER NOT NULL,        -- actual start minus scheduled
    took_us INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT,
    evidence TEXT                   -- JSON of detail, phases and facts; only if not up
) STRICT;
