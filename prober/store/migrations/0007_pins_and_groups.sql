-- Where the latest failure was met, for what fails together.
ALTER TABLE check_state ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE check_state ADD COLUMN certificate TEXT NOT NULL DEFAULT '';
-- A status that a person has set, by whom, and until when; null = none, or for ever.
ALTER TABLE component_state ADD COLUMN pin_status TEXT;
ALTER TABLE component_state ADD COLUMN pin_by TEXT;
ALTER TABLE component_state ADD COLUMN pin_until_ms INTEGER;
-- When what has joined the incident is told; null = nothing is to be told.
ALTER TABLE incident ADD COLUMN joined_due_ms INTEGER;
