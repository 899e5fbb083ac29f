-- name: put_maintenances*!
-- Maintenances as they are now.
INSERT OR REPLACE INTO maintenance (id, window, num, site, name, description, components, status,
    start_ms, end_ms, planned_end_ms, first_seen_ms, updated_ms, started_ms, ended_ms,
    auto_start, auto_end, extend_up_to_ms, remind_before_ms, is_reminded, hidden, updates, told)
VALUES (:id, :window, :num, :site, :name, :description, :components, :status,
    :start_ms, :end_ms, :planned_end_ms, :first_seen_ms, :updated_ms, :started_ms, :ended_ms,
    :auto_start, :auto_end, :extend_up_to_ms, :remind_before_ms, :is_reminded, :hidden, :updates, :told);

-- name: kept_maintenances
-- Those under way or to come, and those that have ended before their planned time was over.
SELECT id, window, num, site, name, description, components, status,
    start_ms, end_ms, planned_end_ms, first_seen_ms, updated_ms, started_ms, ended_ms,
    auto_start, auto_end, extend_up_to_ms, remind_before_ms, is_reminded, hidden, updates, told
FROM maintenance
WHERE ended_ms IS NULL
    OR planned_end_ms > coalesce((SELECT handled_ms FROM installation), 0)
ORDER BY start_ms, id;

-- name: maintenances_at
-- Those of a component that were under way at a moment.
SELECT id, window, num, site, name, description, components, status,
    start_ms, end_ms, planned_end_ms, first_seen_ms, updated_ms, started_ms, ended_ms,
    auto_start, auto_end, extend_up_to_ms, remind_before_ms, is_reminded, hidden, updates, told
FROM maintenance
WHERE started_ms <= :at_ms
    AND (ended_ms IS NULL OR ended_ms > :at_ms)
    AND EXISTS (SELECT 1 FROM json_each(maintenance.components) AS one WHERE one.value = :component)
ORDER BY start_ms, id;

-- name: maintenances_known
-- Those of a site that were to come or under way at a moment, what starts last first.
SELECT id, window, num, site, name, description, components, status,
    start_ms, end_ms, planned_end_ms, first_seen_ms, updated_ms, started_ms, ended_ms,
    auto_start, auto_end, extend_up_to_ms, remind_before_ms, is_reminded, hidden, updates, told
FROM maintenance
WHERE site = :site
    AND first_seen_ms <= :at_ms
    AND (ended_ms IS NULL OR ended_ms > :at_ms)
ORDER BY start_ms DESC, id DESC
LIMIT :limit;

-- name: recent_maintenances
-- The latest ones of a site that have ended, newest first.
SELECT id, window, num, site, name, description, components, status,
    start_ms, end_ms, planned_end_ms, first_seen_ms, updated_ms, started_ms, ended_ms,
    auto_start, auto_end, extend_up_to_ms, remind_before_ms, is_reminded, hidden, updates, told
FROM maintenance
WHERE site = :site
    AND ended_ms IS NOT NULL
ORDER BY start_ms DESC, id DESC
LIMIT :limit;
