-- Which subscriptions were told of an incident because nobody had acknowledged it; JSON.
ALTER TABLE incident ADD COLUMN escalated TEXT NOT NULL DEFAULT '[]';
