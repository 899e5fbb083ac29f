-- Which subscriptions were told of an incident, a JSON list: whoever was told of its beginning is told of its end.
ALTER TABLE incident ADD COLUMN told TEXT NOT NULL DEFAULT '[]';
