-- The latest drill of a channel: the id of the notice that it sent.
ALTER TABLE channel ADD COLUMN drill TEXT;
