-- name: add_capsule!
-- What an answer looked like; the same decision again changes nothing.
INSERT INTO capsule (check_id, seq, at_ms, content)
VALUES (:check, :seq, :at_ms, :content)
ON CONFLICT DO NOTHING;

-- name: drop_old_capsules!
-- All of a check but its latest.
DELETE FROM capsule
WHERE check_id = :check
    AND seq NOT IN (SELECT seq FROM capsule WHERE check_id = :check ORDER BY seq DESC LIMIT :kept);

-- name: capsules_until
-- The latest capsules of a check by a moment, newest first.
SELECT at_ms, content
FROM capsule
WHERE check_id = :check
    AND at_ms <= :at_ms
ORDER BY seq DESC
LIMIT :limit;
