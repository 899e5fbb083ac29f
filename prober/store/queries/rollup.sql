-- name: rolled^
-- How far observations have been summed up.
SELECT rolled_num
FROM installation;

-- name: advance_rolled!
-- Observations up to this one have been summed up now.
UPDATE installation
SET rolled_num = :num;

-- name: observations_after
-- The next observations that have not been summed up.
SELECT num, check_id, scheduled_ms + lag_ms AS at_ms, took_us, outcome
FROM observation
WHERE num > :num
ORDER BY num
LIMIT :limit;

-- name: open_hours
-- Hours that are over and do not know yet how long the verdict was what, oldest first.
SELECT check_id, start_ms
FROM rollup_hour
WHERE up_ms IS NULL
    AND start_ms < :before_ms
ORDER BY start_ms, check_id
LIMIT :limit;

-- name: verdicts_since
-- A check's verdicts from a moment on, and the latest before it, in the order they were decided.
SELECT after, since_ms
FROM transition
WHERE subject = 'check'
    AND id = :check
    AND since_ms >= ifnull(
        (
            SELECT max(since_ms)
            FROM transition
            WHERE subject = 'check'
                AND id = :check
                AND since_ms < :since_ms
        ),
        0
    )
    AND since_ms < :until_ms
ORDER BY seq, item;

-- name: close_hours*!
-- How long the verdict was what in an hour.
UPDATE rollup_hour
SET up_ms = :up_ms, degraded_ms = :degraded_ms, down_ms = :down_ms, unknown_ms = :unknown_ms
WHERE check_id = :check
    AND start_ms = :start_ms
    AND up_ms IS NULL;

-- name: add_to_days*!
-- An hour's share of its day.
UPDATE rollup_day
SET up_ms = up_ms + :up_ms,
    degraded_ms = degraded_ms + :degraded_ms,
    down_ms = down_ms + :down_ms,
    unknown_ms = unknown_ms + :unknown_ms
WHERE check_id = :check
    AND start_ms = :day_ms;

-- name: rollup_minute^
-- What has been summed up of a check's minute.
SELECT up, degraded, down, unknown, took
FROM rollup_minute
WHERE check_id = :check
    AND start_ms = :start_ms;

-- name: put_rollup_minute*!
-- What has been summed up of a check's minute now, each a tuple in this order.
INSERT INTO rollup_minute (check_id, start_ms, up, degraded, down, unknown, took)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (check_id, start_ms) DO UPDATE
SET up = excluded.up,
    degraded = excluded.degraded,
    down = excluded.down,
    unknown = excluded.unknown,
    took = excluded.took;

-- name: rollups_minute
-- A check's minutes of some time, in order.
SELECT start_ms, up, degraded, down, unknown, took
FROM rollup_minute
WHERE check_id = :check
    AND start_ms >= :from_ms
    AND start_ms < :to_ms
ORDER BY start_ms;

-- name: next_check_minute^
-- The check after this one of which there are minutes.
SELECT min(check_id)
FROM rollup_minute
WHERE check_id > :check;

-- name: drop_oldest_minutes!
-- Delete at most :limit minutes of a check from before :before_ms.
DELETE FROM rollup_minute
WHERE check_id = :check
    AND start_ms IN (
        SELECT start_ms
        FROM rollup_minute
        WHERE check_id = :check
            AND start_ms < :before_ms
        ORDER BY start_ms
        LIMIT :limit
    );

-- name: rollup_hour^
-- What has been summed up of a check's hour.
SELECT up, degraded, down, unknown, took
FROM rollup_hour
WHERE check_id = :check
    AND start_ms = :start_ms;

-- name: put_rollup_hour*!
-- What has been summed up of a check's hour now, each a tuple in this order.
INSERT INTO rollup_hour (check_id, start_ms, up, degraded, down, unknown, took)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (check_id, start_ms) DO UPDATE
SET up = excluded.up,
    degraded = excluded.degraded,
    down = excluded.down,
    unknown = excluded.unknown,
    took = excluded.took;

-- name: rollups_hour
-- A check's hours of some time, in order.
SELECT start_ms, up, degraded, down, unknown, took
FROM rollup_hour
WHERE check_id = :check
    AND start_ms >= :from_ms
    AND start_ms < :to_ms
ORDER BY start_ms;

-- name: next_check_hour^
-- The check after this one of which there are hours.
SELECT min(check_id)
FROM rollup_hour
WHERE check_id > :check;

-- name: drop_oldest_hours!
-- Delete at most :limit hours of a check from before :before_ms.
DELETE FROM rollup_hour
WHERE check_id = :check
    AND start_ms IN (
        SELECT start_ms
        FROM rollup_hour
        WHERE check_id = :check
            AND start_ms < :before_ms
        ORDER BY start_ms
        LIMIT :limit
    );

-- name: rollup_day^
-- What has been summed up of a check's day.
SELECT up, degraded, down, unknown, took
FROM rollup_day
WHERE check_id = :check
    AND start_ms = :start_ms;

-- name: put_rollup_day*!
-- What has been summed up of a check's day now, each a tuple in this order.
INSERT INTO rollup_day (check_id, start_ms, up, degraded, down, unknown, took)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (check_id, start_ms) DO UPDATE
SET up = excluded.up,
    degraded = excluded.degraded,
    down = excluded.down,
    unknown = excluded.unknown,
    took = excluded.took;

-- name: rollups_day
-- A check's days of some time, in order.
SELECT start_ms, up, degraded, down, unknown, took
FROM rollup_day
WHERE check_id = :check
    AND start_ms >= :from_ms
    AND start_ms < :to_ms
ORDER BY start_ms;
