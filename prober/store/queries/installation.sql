-- name: installation^
-- Who this installation is, and how far its judgement has come.
SELECT identity, epoch, seq, next_num, handled_ms, watched_ms
FROM installation;

-- name: found_installation!
-- Make this database an installation of its own.
INSERT INTO installation (only_row, identity, epoch, seq, next_num)
VALUES (1, :identity, 0, 0, 1)
ON CONFLICT DO NOTHING;

-- name: begin_epoch!
-- A new owner of the state has started.
UPDATE installation
SET epoch = epoch + 1;

-- name: advance_installation!
-- How far judgement has come now.
UPDATE installation
SET seq = :seq, next_num = :next_num, handled_ms = :handled_ms, watched_ms = coalesce(:watched_ms, watched_ms);

-- name: rename_installation!
-- Make a copy of an installation another one.
UPDATE installation
SET identity = :identity;
