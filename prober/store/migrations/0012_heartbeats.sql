-- What was heard of jobs that report by themselves. Times are integer milliseconds since the epoch, UTC.
CREATE TABLE heartbeat (
    id TEXT PRIMARY KEY,            -- of the check
    since_ms INTEGER NOT NULL,      -- from when its next report is counted
    good_ms INTEGER,                -- its latest good report
    started_ms INTEGER,             -- of a run that has not ended
    failed_ms INTEGER,              -- of the failure that stands
    code INTEGER,                   -- exit status of the latest end
    run_ms INTEGER,                 -- how long the latest announced run took
    is_doubtful INTEGER NOT NULL    -- 1: a report may have been lost while nobody listened
) STRICT, WITHOUT ROWID;
