-- One time of planned work, and what has come of it. hidden, updates, components: JSON lists.
CREATE TABLE maintenance (
    id TEXT PRIMARY KEY,
    window TEXT NOT NULL,
    num INTEGER NOT NULL,
    site TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    components TEXT NOT NULL,
    status TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL,
    planned_end_ms INTEGER NOT NULL,
    first_seen_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    started_ms INTEGER,
    ended_ms INTEGER,
    auto_start INTEGER NOT NULL,
    auto_end TEXT NOT NULL,
    extend_up_to_ms INTEGER NOT NULL,
    remind_before_ms INTEGER,
    is_reminded INTEGER NOT NULL,
    hidden TEXT NOT NULL,
    updates TEXT NOT NULL
) STRICT;
CREATE INDEX maintenance_by_start ON maintenance (site, start_ms);
