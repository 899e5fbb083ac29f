-- A mailbox that is full or busy keeps nobody else waiting: what it is to have is tried again by itself.
ALTER TABLE mailed ADD COLUMN next_ms INTEGER; -- when it is to be tried again; null = the subscriber has it
ALTER TABLE mailed ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0; -- made so far beside the first

CREATE INDEX mailed_later ON mailed (next_ms) WHERE next_ms IS NOT NULL;
CREATE INDEX mailed_later_to ON mailed (subscriber) WHERE next_ms IS NOT NULL;

ALTER TABLE subscriber ADD COLUMN refused_ms INTEGER; -- when it was last counted that there was no such mailbox
