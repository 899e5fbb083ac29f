-- name: check_states
-- All checks' verdicts and streaks.
SELECT id AS "check", verdict, since_ms, down, bad, not_down, good,
    down_from_ms, bad_from_ms, not_down_from_ms, good_from_ms, reason, detail, recent, flips, flapped,
    address, certificate, pace
FROM check_state;

-- name: put_check_states*!
-- New verdicts and streaks in place of the old.
INSERT OR REPLACE INTO check_state (id, verdict, since_ms, down, bad, not_down, good,
    down_from_ms, bad_from_ms, not_down_from_ms, good_from_ms, reason, detail, recent, flips, flapped,
    address, certificate, pace)
VALUES (:check, :verdict, :since_ms, :down, :bad, :not_down, :good,
    :down_from_ms, :bad_from_ms, :not_down_from_ms, :good_from_ms, :reason, :detail, :recent, :flips, :flapped,
    :address, :certificate, :pace);

-- name: drop_check_state!
-- The check is no longer configured.
DELETE FROM check_state
WHERE id = :id;

-- name: component_states
-- What all components show.
SELECT id, status, since_ms, watched, causes, site, withheld_by, pin_status, pin_by, pin_until_ms
FROM component_state;

-- name: put_component_states*!
-- What components show now.
INSERT OR REPLACE INTO component_state (id, status, since_ms, watched, causes, site, withheld_by,
    pin_status, pin_by, pin_until_ms)
VALUES (:component, :status, :since_ms, :watched, :causes, :site, :withheld_by,
    :pin_status, :pin_by, :pin_until_ms);

-- name: drop_component_state!
-- The component is no longer configured.
DELETE FROM component_state
WHERE id = :id;

-- name: add_transitions*!
-- What a decision changed. Writing the same decision again adds nothing.
INSERT INTO transition (seq, item, epoch, subject, id, before, after, at_ms, since_ms, rule, detail)
VALUES (:seq, :item, :epoch, :subject, :id, :before, :after, :at_ms, :since_ms, :rule, :detail)
ON CONFLICT (seq, item) DO NOTHING;

-- name: transitions
-- The latest changes of one check or component, newest first.
SELECT subject, id, before, after, at_ms, since_ms, rule, detail
FROM transition
WHERE subject = :subject
    AND id = :id
ORDER BY seq DESC, item DESC
LIMIT :limit;

-- name: component_transitions
-- All components' changes that hold from a moment or later, and each one's last before it, in the order they were decided.
SELECT subject, id, before, after, at_ms, since_ms, rule, detail
FROM transition
WHERE subject = 'component'
    AND (
        since_ms >= :since_ms
        OR (id, seq) IN (
            SELECT id, max(seq)
            FROM transition
            WHERE subject = 'component'
                AND since_ms < :since_ms
            GROUP BY id
        )
    )
ORDER BY seq, item;

-- name: transitions_of_component
-- All changes of one component, in the order they were decided.
SELECT subject, id, before, after, at_ms, since_ms, rule, detail
FROM transition
WHERE subject = 'component'
    AND id = :id
ORDER BY seq, item;

-- name: add_observations*!
-- Append raw observations, each a tuple in this order.
INSERT INTO observation (check_id, scheduled_ms, lag_ms, took_us, outcome, reason, evidence)
VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: drop_oldest_observations!
-- Delete at most :limit observations from before :before_ms, from the front, of those that have been summed up.
-- The latest stays: numbers must not begin anew.
DELETE FROM observation
WHERE num IN (
        SELECT num
        FROM observation
        WHERE num <= (SELECT rolled_num FROM installation)
            AND num < (SELECT max(num) FROM observation)
        ORDER BY num
        LIMIT :limit
    )
    AND scheduled_ms < :before_ms;

-- name: count_observations^
-- How many raw observations are kept.
SELECT count(*) AS observations
FROM observation;

-- name: storms
-- What every channel with a budget has been sent, and what is held for it.
SELECT channel, from_ms, sent, held
FROM storm;

-- name: put_storms*!
-- The same as it is now, in place of the old.
INSERT OR REPLACE INTO storm (channel, from_ms, sent, held)
VALUES (:channel, :from_ms, :sent, :held);
