-- Degraded by a quantile counts how many of the latest answers were slow.
ALTER TABLE check_state
ADD COLUMN pace TEXT NOT NULL DEFAULT '[]';     -- JSON list of [start in ms, answers, slow ones], oldest first
