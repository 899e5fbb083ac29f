-- Which subscriptions were told of planned work, a JSON list: whoever was told of it is told of its end.
ALTER TABLE maintenance ADD COLUMN told TEXT NOT NULL DEFAULT '[]';
