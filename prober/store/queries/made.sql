-- name: made
-- What was made through the API and is there, in the order it was made.
SELECT num, section, id, content, created_ms, updated_ms
FROM made
WHERE deleted_ms IS NULL
ORDER BY num;

-- name: put_made!
-- Make an object, or give one that is there other fields. One that was deleted keeps its number.
INSERT INTO made (section, id, content, created_ms, updated_ms)
VALUES (:section, :id, :content, :at_ms, :at_ms)
ON CONFLICT (section, id) DO UPDATE
SET content = excluded.content,
    created_ms = CASE WHEN deleted_ms IS NULL THEN created_ms ELSE excluded.created_ms END,
    updated_ms = excluded.updated_ms,
    deleted_ms = NULL;

-- name: drop_made!
-- Delete an object; its number stays taken.
UPDATE made
SET deleted_ms = :at_ms, updated_ms = :at_ms
WHERE section = :section
    AND id = :id
    AND deleted_ms IS NULL;

-- name: put_points*!
-- Points of a metric, in place of those of the same moments.
INSERT OR REPLACE INTO made_point (metric, at_ms, value)
VALUES (:metric, :at_ms, :value);

-- name: trim_points!
-- Forget the oldest points of a metric that has more than :most.
DELETE FROM made_point
WHERE metric = :metric
    AND at_ms <= (
        SELECT at_ms
        FROM made_point
        WHERE metric = :metric
        ORDER BY at_ms DESC
        LIMIT 1 OFFSET :most
    );

-- name: drop_points!
-- Forget the points of a metric.
DELETE FROM made_point
WHERE metric = :metric;

-- name: points
-- The newest points of a metric between two moments, both inclusive, newest first.
SELECT at_ms, value
FROM made_point
WHERE metric = :metric
    AND at_ms BETWEEN :from_ms AND :to_ms
ORDER BY at_ms DESC
LIMIT :limit;

-- name: probed_points
-- Good answers of a check between two moments, newest first.
SELECT scheduled_ms + lag_ms AS at_ms, took_us / 1000.0 AS value
FROM observation
WHERE check_id = :check
    AND scheduled_ms BETWEEN :from_ms AND :to_ms
    AND outcome IN ('up', 'degraded')
ORDER BY rowid DESC
LIMIT :limit;
