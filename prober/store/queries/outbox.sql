-- name: owe_notices*!
-- Messages that a decision owes. Writing the same decision again owes nothing twice.
INSERT INTO notice (id, seq, item, subscription, channel, reason, at_ms, site, stream, content, next_ms)
VALUES (:id, :seq, :item, :subscription, :channel, :reason, :at_ms, :site, :stream, :content, :at_ms)
ON CONFLICT DO NOTHING;

-- name: pending_notices
-- The oldest messages still owed on a channel, in the order they were decided.
SELECT id, seq, subscription, channel, reason, at_ms, site, stream, content, attempts, next_ms
FROM notice
WHERE channel = :channel
    AND progress = 'pending'
ORDER BY seq, item
LIMIT :limit;

-- name: pending_channels
-- Channels that are owed something, with how many and since when.
SELECT channel, count(*) AS depth, min(at_ms) AS oldest_ms
FROM notice
WHERE progress = 'pending'
GROUP BY channel;

-- name: add_delivery!
-- An attempt has ended.
INSERT INTO delivery (notice, attempt, at_ms, took_ms, status, error)
VALUES (:notice, :attempt, :at_ms, :took_ms, :status, :error)
ON CONFLICT (notice, attempt) DO NOTHING;

-- name: advance_notice!
-- What comes of a message after an attempt.
UPDATE notice
SET progress = :progress, attempts = :attempt, next_ms = :next_ms, link = NULL
WHERE id = :notice;

-- name: deliveries
-- All attempts for a message, in order.
SELECT notice, attempt, at_ms, took_ms, status, error
FROM delivery
WHERE notice = :notice
ORDER BY attempt;

-- name: count_notices
-- How many messages stand where.
SELECT channel, progress, count(*) AS notices
FROM notice
GROUP BY channel, progress;
