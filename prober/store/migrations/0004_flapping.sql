-- The latest changes between good and bad answers, a bit each, and how many since the check flaps.
ALTER TABLE check_state ADD COLUMN flips INTEGER NOT NULL DEFAULT 0;
ALTER TABLE check_state ADD COLUMN flapped INTEGER NOT NULL DEFAULT 0;
