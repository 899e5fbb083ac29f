-- Which component's outage keeps an incident of this one from opening; '' = none.
ALTER TABLE component_state ADD COLUMN withheld_by TEXT NOT NULL DEFAULT '';
-- The latest incident of a cause is looked up at the start.
CREATE INDEX incident_by_cause ON incident (cause, num);
