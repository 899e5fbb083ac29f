-- name: reply^
-- What was answered to a request.
SELECT request, status, body
FROM reply
WHERE id = :id
    AND at_ms >= :since_ms;

-- name: add_reply!
-- An answer to be given again.
INSERT OR REPLACE INTO reply (id, request, status, body, at_ms)
VALUES (:id, :request, :status, :body, :at_ms);

-- name: drop_replies!
-- Forget answers from before a moment.
DELETE FROM reply
WHERE at_ms < :before_ms;

-- name: recent_notices
-- The newest messages that were owed about a site, newest first.
SELECT id, seq, subscription, channel, reason, at_ms, site, stream, progress, attempts
FROM notice
WHERE site IN (SELECT value FROM json_each(:sites))
ORDER BY seq DESC, item DESC
LIMIT :limit;
