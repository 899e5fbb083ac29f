-- Where the latest failure was met, for what fails together.
ALTER TABLE check_state ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE check_state ADD COLUMN certificate TEXT NOT NULL DEFAULT '';
-- A status that a person has set, by whom, and until when; null = none, or for ever.
ALTER TABLE component_state ADD COLUMN pin_status TEXT;
ALTER TABLE component_state ADD COLUMN pin_by TEXT;
ALTER TABLE component_state ADD COLUMN pin_until_ms INTEGER;
-- When what has joined the incident is told; null = nothing is to be told.
ALTER TABLE incident ADD COLUMN joined_due_ms INTEGER;
-- How many notices a channel with a budget has been sent since from_ms, and those that are held for a digest.
CREATE TABLE storm (
    channel TEXT PRIMARY KEY,
    from_ms INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    held TEXT NOT NULL              -- JSON list of [notice, whether the thing has not been announced otherwise]
) STRICT, WITHOUT ROWID;
