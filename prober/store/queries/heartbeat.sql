-- name: heartbeats
-- What was heard of all jobs that report by themselves.
SELECT id AS "check", since_ms, good_ms, started_ms, failed_ms, code, run_ms, is_doubtful
FROM heartbeat;

-- name: put_heartbeats*!
-- What was heard of them by now, in place of the old.
INSERT OR REPLACE INTO heartbeat (id, since_ms, good_ms, started_ms, failed_ms, code, run_ms, is_doubtful)
VALUES (:check, :since_ms, :good_ms, :started_ms, :failed_ms, :code, :run_ms, :is_doubtful);

-- name: drop_heartbeat!
-- The check is no longer configured.
DELETE FROM heartbeat
WHERE id = :id;

-- name: last_observation^
-- When we last wrote down an answer: a moment at which we were there.
SELECT scheduled_ms + lag_ms AS at_ms
FROM observation
ORDER BY rowid DESC
LIMIT 1;
