-- name: transitions_until
-- The latest changes of one check or component that were decided by a moment, newest first.
SELECT subject, id, before, after, at_ms, since_ms, rule, detail
FROM transition
WHERE subject = :subject
    AND id = :id
    AND at_ms <= :at_ms
ORDER BY seq DESC, item DESC
LIMIT :limit;

-- name: transitions_after
-- All changes from one on, which is not among them, in the order they were decided.
SELECT seq, item, subject, id, before, after, at_ms, since_ms, rule, detail
FROM transition
WHERE (seq, item) > (:seq, :item)
ORDER BY seq, item
LIMIT :limit;

-- name: observations_until
-- The latest raw observations of a check that began by a moment, newest first.
SELECT scheduled_ms + lag_ms AS started_ms, took_us, outcome, reason, evidence
FROM observation
WHERE check_id = :check
    AND scheduled_ms + lag_ms <= :at_ms
ORDER BY num DESC
LIMIT :limit;

-- name: incidents_about
-- The latest incidents that a component was part of and that were open at a moment or before, newest first.
SELECT num, uid, slug, site, cause, name, status, impact,
    started_ms, opened_ms, updated_ms, monitoring_ms, resolved_ms, taken, acknowledged_by, acknowledged_until_ms,
    joined_due_ms, escalated, told
FROM incident
WHERE num IN (SELECT num FROM incident_affected WHERE component = :component)
    AND opened_ms <= :at_ms
ORDER BY num DESC
LIMIT :limit;

-- name: notices_in_stream
-- What was owed about one thing by a moment, in order.
SELECT id, subscription, channel, reason, at_ms, progress
FROM notice
WHERE stream = :stream
    AND at_ms <= :at_ms
ORDER BY seq, item
LIMIT :limit;
