-- How far the chain goes is told a second time: whoever takes links away is missed by what stands here.
ALTER TABLE installation ADD COLUMN chain_num INTEGER NOT NULL DEFAULT 0;   -- the latest link
ALTER TABLE installation ADD COLUMN chain_digest BLOB;                      -- of that link; null if there is none
ALTER TABLE installation ADD COLUMN chain_missed INTEGER;                   -- this link was the latest, and was not when the next was added; null = never

UPDATE installation
SET chain_num = coalesce((SELECT head_num FROM chain), 0),
    chain_digest = (SELECT head_digest FROM chain);
