-- When the latest answer was complete: what comes after it until the next start was not watched.
ALTER TABLE installation ADD COLUMN watched_ms INTEGER;
