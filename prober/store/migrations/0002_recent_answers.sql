-- Verdicts by k of the last n answers look back on the latest ones.
ALTER TABLE check_state
ADD COLUMN recent TEXT NOT NULL DEFAULT '[]';   -- JSON list of [outcome, start in ms], oldest first
