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
