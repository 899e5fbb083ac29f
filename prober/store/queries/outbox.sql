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

-- name: ready_notices
-- The first message still owed of each stream of a channel, if it may be tried now; those never tried first.
SELECT id, seq, subscription, channel, reason, at_ms, site, stream, content, attempts, next_ms,
    coalesce(replayed_ms, at_ms) AS owed_ms,
    (SELECT count(*) FROM notice AS other WHERE other.told_by = head.id) AS tells
FROM notice AS head
WHERE channel = :channel
    AND progress = 'pending'
    AND (attempts = 0 OR next_ms <= :now_ms OR next_ms > :now_ms + :longest_ms)
    AND NOT EXISTS (
        SELECT 1
        FROM notice AS earlier
        WHERE earlier.channel = head.channel
            AND earlier.stream = head.stream
            AND earlier.progress = 'pending'
            AND (earlier.seq < head.seq OR (earlier.seq = head.seq AND earlier.item < head.item))
    )
ORDER BY attempts > 0, next_ms, seq, item
LIMIT :limit;

-- name: lasting_notices
-- The latest message that has arrived on a channel, of each incident, component and maintenance that still lasts.
SELECT id, seq, subscription, channel, reason, at_ms, site, stream, content, attempts, next_ms
FROM notice
WHERE rowid IN (
        SELECT (
                SELECT rowid
                FROM notice
                WHERE notice.stream = lasting.stream
                    AND channel = :channel
                    AND progress = 'delivered'
                    AND told_by IS NULL
                ORDER BY seq DESC, item DESC
                LIMIT 1
            )
        FROM (
                SELECT 'incident:' || num AS stream FROM incident WHERE resolved_ms IS NULL
                UNION ALL
                SELECT 'component:' || id
                FROM component_state
                WHERE coalesce(pin_status, status) NOT IN ('operational', 'maintenance')
                UNION ALL
                SELECT 'maintenance:' || id FROM maintenance WHERE started_ms IS NOT NULL AND ended_ms IS NULL
            ) AS lasting
    )
ORDER BY seq, item;

-- name: pending_in_stream
-- All that is still owed of one stream of a channel to one subscription, in order.
SELECT id, reason
FROM notice
WHERE channel = :channel
    AND stream = :stream
    AND progress = 'pending'
    AND subscription = :subscription
ORDER BY seq, item;

-- name: fold_notice!
-- A later message tells it: it is sent no more.
UPDATE notice
SET progress = 'delivered', told_by = :told_by, link = NULL
WHERE id = :id
    AND progress = 'pending';

-- name: give_up_notices!
-- What has been owed by a channel for too long is given up.
UPDATE notice
SET progress = 'failed', link = NULL
WHERE channel = :channel
    AND progress = 'pending'
    AND coalesce(replayed_ms, at_ms) < :before_ms;

-- name: replay_notice!
-- Owe a message again that was delivered or given up.
UPDATE notice
SET progress = 'pending', replayed_ms = :at_ms, next_ms = :at_ms, told_by = NULL, link = NULL
WHERE id = :id
    AND progress <> 'pending';

-- name: count_failed^
-- How many messages of a channel were given up.
SELECT count(*) AS notices
FROM notice
WHERE channel = :channel
    AND progress = 'failed';

-- name: count_pending^
-- How many messages a channel is owed.
SELECT count(*) AS notices
FROM notice
WHERE channel = :channel
    AND progress = 'pending';

-- name: notices
-- The newest messages, of one channel or one progress or all.
SELECT id, subscription, channel, reason, at_ms, site, stream, progress, attempts, next_ms, told_by, replayed_ms,
    (SELECT error FROM delivery WHERE delivery.notice = notice.id ORDER BY attempt DESC LIMIT 1) AS error
FROM notice
WHERE (:channel IS NULL OR channel = :channel)
    AND (:progress IS NULL OR progress = :progress)
ORDER BY seq DESC, item DESC
LIMIT :limit;

-- name: one_notice^
-- One message and what has become of it.
SELECT id, subscription, channel, reason, at_ms, site, stream, progress, attempts, next_ms, told_by, replayed_ms,
    (SELECT error FROM delivery WHERE delivery.notice = notice.id ORDER BY attempt DESC LIMIT 1) AS error
FROM notice
WHERE id = :id;

-- name: owe_own_notice!
-- A message of ours that no decision owes; told beside those of the latest one.
INSERT INTO notice (id, seq, item, subscription, channel, reason, at_ms, site, stream, content, next_ms)
SELECT :id, seq, 1000000 + (SELECT count(*) FROM notice WHERE notice.seq = installation.seq AND item >= 1000000),
    :subscription, :channel, :reason, :at_ms, :site, :stream, :content, :at_ms
FROM installation
WHERE NOT EXISTS (SELECT 1 FROM notice WHERE id = :id);

-- name: channel^
-- What is known of one channel's trouble.
SELECT id, failing_ms, disabled_ms, why
FROM channel
WHERE id = :id;

-- name: channels
-- What is known of all channels that have had trouble.
SELECT id, failing_ms, disabled_ms, why
FROM channel
ORDER BY id;

-- name: put_channel!
-- What is now known of a channel's trouble.
INSERT INTO channel (id, failing_ms, disabled_ms, why)
VALUES (:id, :failing_ms, :disabled_ms, :why)
ON CONFLICT (id) DO UPDATE
SET failing_ms = excluded.failing_ms, disabled_ms = excluded.disabled_ms, why = excluded.why;

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

-- name: put_drill!
-- A drill of a channel has begun.
INSERT INTO channel (id, drill)
VALUES (:id, :drill)
ON CONFLICT (id) DO UPDATE
SET drill = excluded.drill;

-- name: drills
-- The latest drill of each channel that had any, and what has become of it.
SELECT channel.id, notice.id AS drill, notice.at_ms, notice.progress
FROM channel
JOIN notice ON notice.id = channel.drill;
