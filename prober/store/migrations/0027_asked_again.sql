-- Somebody asked for a mailbox that is known or has been asked too often: it counts like one that is not, for a day, so
-- that neither the count nor the time that it takes tells anybody who subscribes.
CREATE TABLE asked_again (
    site TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;
