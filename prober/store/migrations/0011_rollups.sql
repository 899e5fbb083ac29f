-- Raw observations get a number of their own, which says how far they have been summed up.
CREATE TABLE numbered (
    num INTEGER PRIMARY KEY,        -- in the order they were made; old ones are deleted from the front
    check_id TEXT NOT NULL,
    scheduled_ms INTEGER NOT NULL,
    lag_ms INTEGER NOT NULL,        -- actual start minus scheduled
    took_us INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT,
    evidence TEXT                   -- JSON of detail, phases and facts; only if not up
) STRICT;
INSERT INTO numbered (check_id, scheduled_ms, lag_ms, took_us, outcome, reason, evidence)
SELECT check_id, scheduled_ms, lag_ms, took_us, outcome, reason, evidence
FROM observation
ORDER BY rowid;
DROP TABLE observation;
ALTER TABLE numbered RENAME TO observation;

-- Answers of a check by the minute, hour and day (UTC): how many of each outcome, and how long good ones took.
CREATE TABLE rollup_minute (
    check_id TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    up INTEGER NOT NULL,
    degraded INTEGER NOT NULL,
    down INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    took BLOB NOT NULL,             -- sketch of took_us of those that were up or degraded
    PRIMARY KEY (check_id, start_ms)
) STRICT, WITHOUT ROWID;

-- The hours and days also say how long its verdict was what: null until an hour is over; the rest was not watched.
CREATE TABLE rollup_hour (
    check_id TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    up INTEGER NOT NULL,
    degraded INTEGER NOT NULL,
    down INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    took BLOB NOT NULL,
    up_ms INTEGER,
    degraded_ms INTEGER,
    down_ms INTEGER,
    unknown_ms INTEGER,
    PRIMARY KEY (check_id, start_ms)
) STRICT, WITHOUT ROWID;

CREATE INDEX rollup_hour_open ON rollup_hour (start_ms, check_id) WHERE up_ms IS NULL;

CREATE TABLE rollup_day (
    check_id TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    up INTEGER NOT NULL,
    degraded INTEGER NOT NULL,
    down INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    took BLOB NOT NULL,
    up_ms INTEGER NOT NULL DEFAULT 0,
    degraded_ms INTEGER NOT NULL DEFAULT 0,
    down_ms INTEGER NOT NULL DEFAULT 0,
    unknown_ms INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (check_id, start_ms)
) STRICT, WITHOUT ROWID;

-- The number of the latest observation that has been summed up.
ALTER TABLE installation ADD COLUMN rolled_num INTEGER NOT NULL DEFAULT 0;
