-- A person leads the incident; somebody knows of it, until when.
ALTER TABLE incident ADD COLUMN taken INTEGER NOT NULL DEFAULT 0;
ALTER TABLE incident ADD COLUMN acknowledged_by TEXT NOT NULL DEFAULT '';
ALTER TABLE incident ADD COLUMN acknowledged_until_ms INTEGER;
