-- Channels that fail or are given up; a notice that another one tells in its place; and one that is sent again.
CREATE TABLE channel (
    id TEXT PRIMARY KEY,
    failing_ms INTEGER,             -- since when nothing has arrived; null if the last attempt arrived
    disabled_ms INTEGER,            -- since when nothing is sent; null if it is
    why TEXT NOT NULL DEFAULT ''    -- the last failure
) STRICT;

ALTER TABLE notice ADD COLUMN told_by TEXT;         -- the later notice that tells it; null if it stands for itself
ALTER TABLE notice ADD COLUMN replayed_ms INTEGER;  -- when it was last asked to be sent again

CREATE INDEX notice_pending_stream ON notice (channel, stream, seq, item) WHERE progress = 'pending';
CREATE INDEX notice_failed ON notice (channel) WHERE progress = 'failed';
CREATE INDEX notice_told_by ON notice (told_by) WHERE told_by IS NOT NULL;
