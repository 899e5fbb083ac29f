-- name: put_incident!
-- An incident as it is now. A second open one of the same cause is refused by its index.
INSERT INTO incident (num, uid, slug, site, cause, name, status, impact,
    started_ms, opened_ms, updated_ms, monitoring_ms, resolved_ms, taken, acknowledged_by, acknowledged_until_ms,
    joined_due_ms, escalated, told)
VALUES (:num, :uid, :slug, :site, :cause, :name, :status, :impact,
    :started_ms, :opened_ms, :updated_ms, :monitoring_ms, :resolved_ms, :taken, :acknowledged_by,
    :acknowledged_until_ms, :joined_due_ms, :escalated, :told)
ON CONFLICT (num) DO UPDATE
SET name = excluded.name,
    status = excluded.status,
    impact = excluded.impact,
    updated_ms = excluded.updated_ms,
    monitoring_ms = excluded.monitoring_ms,
    resolved_ms = excluded.resolved_ms,
    taken = excluded.taken,
    acknowledged_by = excluded.acknowledged_by,
    acknowledged_until_ms = excluded.acknowledged_until_ms,
    joined_due_ms = excluded.joined_due_ms,
    escalated = excluded.escalated,
    told = excluded.told,
    link = NULL;

-- name: put_affected*!
-- The components of an incident, with what they show now.
INSERT OR REPLACE INTO incident_affected (num, component, status, worst)
VALUES (:num, :component, :status, :worst);

-- name: add_updates*!
-- Entries of an incident's timeline; those that stand already stay.
INSERT INTO incident_update (num, item, at_ms, status, body, author)
VALUES (:num, :item, :at_ms, :status, :body, :author)
ON CONFLICT (num, item) DO NOTHING;

-- name: open_incidents
-- All incidents that are open.
SELECT num, uid, slug, site, cause, name, status, impact,
    started_ms, opened_ms, updated_ms, monitoring_ms, resolved_ms, taken, acknowledged_by, acknowledged_until_ms,
    joined_due_ms, escalated, told
FROM incident
WHERE resolved_ms IS NULL
ORDER BY num;

-- name: ended_incidents
-- The latest incident of each cause that has none open: trouble that returns soon goes on in it.
SELECT num, uid, slug, site, cause, name, status, impact,
    started_ms, opened_ms, updated_ms, monitoring_ms, resolved_ms, taken, acknowledged_by, acknowledged_until_ms,
    joined_due_ms, escalated, told
FROM incident
WHERE num IN (SELECT max(num) FROM incident GROUP BY cause)
    AND resolved_ms IS NOT NULL
ORDER BY num;

-- name: recent_incidents
-- The newest incidents of a site, newest first.
SELECT num, uid, slug, site, cause, name, status, impact,
    started_ms, opened_ms, updated_ms, monitoring_ms, resolved_ms, taken, acknowledged_by, acknowledged_until_ms,
    joined_due_ms, escalated, told
FROM incident
WHERE site = :site
ORDER BY num DESC
LIMIT :limit;

-- name: incidents_known
-- The incidents of a site that were told by a moment, those that were open then first, each newest first.
SELECT num, uid, slug, site, cause, name, status, impact,
    started_ms, opened_ms, updated_ms, monitoring_ms, resolved_ms, taken, acknowledged_by, acknowledged_until_ms
FROM incident
WHERE site = :site
    AND opened_ms <= :at_ms
ORDER BY resolved_ms IS NULL OR resolved_ms > :at_ms DESC, num DESC
LIMIT :limit;

-- name: incidents_between
-- The incidents of a site that began in a span of time, newest first.
SELECT num, uid, slug, site, cause, name, status, impact,
    started_ms, opened_ms, updated_ms, monitoring_ms, resolved_ms, taken, acknowledged_by, acknowledged_until_ms
FROM incident
WHERE site = :site
    AND started_ms >= :start_ms
    AND started_ms < :end_ms
ORDER BY num DESC
LIMIT :limit;

-- name: incidents_of_slug
-- The incident of a site with that slug.
SELECT num, uid, slug, site, cause, name, status, impact,
    started_ms, opened_ms, updated_ms, monitoring_ms, resolved_ms, taken, acknowledged_by, acknowledged_until_ms
FROM incident
WHERE slug = :slug
    AND site = :site;

-- name: first_incident^
-- When the first incident of a site began.
SELECT min(started_ms) AS started_ms
FROM incident
WHERE site = :site;

-- name: affected
-- The components of an incident.
SELECT component, status, worst
FROM incident_affected
WHERE num = :num
ORDER BY component;

-- name: updates
-- The timeline of an incident, oldest first.
SELECT at_ms, status, body, author
FROM incident_update
WHERE num = :num
ORDER BY item;
