-- What was owed about one thing, and what a component was part of, are asked for to explain a verdict.
CREATE INDEX notice_by_stream ON notice (stream, seq);
CREATE INDEX incident_by_component ON incident_affected (component, num);
