-- The state of the first version that ran as a daemon (schema 2), stopped while an incident was open and its notice pending.
PRAGMA application_id = 1886547810;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE check_state (
    id TEXT PRIMARY KEY,
    verdict TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    down INTEGER NOT NULL,
    bad INTEGER NOT NULL,
    not_down INTEGER NOT NULL,
    good INTEGER NOT NULL,
    down_from_ms INTEGER NOT NULL,
    bad_from_ms INTEGER NOT NULL,
    not_down_from_ms INTEGER NOT NULL,
    good_from_ms INTEGER NOT NULL,
    reason TEXT,
    detail TEXT NOT NULL
, recent TEXT NOT NULL DEFAULT '[]') STRICT, WITHOUT ROWID;
INSERT INTO "check_state" VALUES('shop','down',1795700356591,3,3,0,0,1795700356591,1795700356591,0,0,'connect_refused','connecting to 127.0.0.1 port 18599: connection refused','[]');
CREATE TABLE component_state (
    id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    watched INTEGER NOT NULL,
    causes TEXT NOT NULL,           -- JSON list of check ids
    site TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "component_state" VALUES('shop','major',1795700356591,1,'["shop"]','main');
CREATE TABLE delivery (
    notice TEXT NOT NULL REFERENCES notice (id),
    attempt INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    took_ms INTEGER NOT NULL,
    status INTEGER,                 -- HTTP status, if there was one
    error TEXT,                     -- why it did not arrive; null if it did
    PRIMARY KEY (notice, attempt)
) STRICT, WITHOUT ROWID;
INSERT INTO "delivery" VALUES('msg_xl5i2dtzoezpmgynjbbv',1,1795700358594,23,NULL,'http://127.0.0.1:9/...: no connection: connection refused');
INSERT INTO "delivery" VALUES('msg_xl5i2dtzoezpmgynjbbv',2,1795700360619,1,NULL,'http://127.0.0.1:9/...: no connection: connection refused');
CREATE TABLE incident (
    num INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    slug TEXT NOT NULL UNIQUE,
    site TEXT NOT NULL,
    cause TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    impact INTEGER NOT NULL,
    started_ms INTEGER NOT NULL,
    opened_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    monitoring_ms INTEGER,
    resolved_ms INTEGER
) STRICT;
INSERT INTO "incident" VALUES(1,'00001795700358591001','z4neb6zo3sia','main','component:shop','Shop is down','investigating',3,1795700356591,1795700358591,1795700358591,NULL,NULL);
CREATE TABLE incident_affected (
    num INTEGER NOT NULL REFERENCES incident (num),
    component TEXT NOT NULL,
    status TEXT NOT NULL,
    worst TEXT NOT NULL,
    PRIMARY KEY (num, component)
) STRICT, WITHOUT ROWID;
INSERT INTO "incident_affected" VALUES(1,'shop','major','major');
CREATE TABLE incident_update (
    num INTEGER NOT NULL REFERENCES incident (num),
    item INTEGER NOT NULL,          -- position in the timeline, oldest first
    at_ms INTEGER NOT NULL,
    status TEXT NOT NULL,
    body TEXT NOT NULL,
    author TEXT NOT NULL,
    PRIMARY KEY (num, item)
) STRICT, WITHOUT ROWID;
INSERT INTO "incident_update" VALUES(1,0,1795700358591,'investigating','Shop is down: connections are refused. We are investigating.','prober');
CREATE TABLE installation (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    identity BLOB NOT NULL,         -- secret: makes ids unguessable
    epoch INTEGER NOT NULL,         -- grows by one at each start
    seq INTEGER NOT NULL,           -- of the latest decision
    next_num INTEGER NOT NULL,      -- of the next incident
    handled_ms INTEGER              -- maintenance boundaries up to here are done
) STRICT;
INSERT INTO "installation" VALUES(1,X'4EEC2641DC9213405D3825685EF2D9DA374607C45F1C3FBB5E85B81150924A0A',1,2,2,1795700356175);
CREATE TABLE notice (
    id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    item INTEGER NOT NULL,          -- position within the decision
    subscription TEXT NOT NULL,
    channel TEXT NOT NULL,
    reason TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    site TEXT NOT NULL,
    stream TEXT NOT NULL,
    content TEXT NOT NULL,          -- JSON: the thing as it was at at_ms
    progress TEXT NOT NULL DEFAULT 'pending' CHECK (progress IN ('pending', 'delivered', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_ms INTEGER NOT NULL,
    UNIQUE (seq, item)
) STRICT;
INSERT INTO "notice" VALUES('msg_xl5i2dtzoezpmgynjbbv',2,0,'ops','ops','opened',1795700358591,'main','incident:1','{"headline":["critical","Major System Outage"],"incident":{"num":1,"uid":"00001795700358591001","slug":"z4neb6zo3sia","site":"main","cause":"component:shop","name":"Shop is down","status":"investigating","impact":3,"started_ms":1795700356591,"opened_ms":1795700358591,"updated_ms":1795700358591,"affected":[["shop","major","major"]],"updates":[[1795700358591,"investigating","Shop is down: connections are refused. We are investigating.","prober"]],"monitoring_ms":null,"resolved_ms":null},"change":null,"maintenance":null}','pending',2,1795700364456);
CREATE TABLE observation (
    check_id TEXT NOT NULL,
    scheduled_ms INTEGER NOT NULL,
    lag_ms INTEGER NOT NULL,        -- actual start minus scheduled
    took_us INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT,
    evidence TEXT                   -- JSON of detail, phases and facts; only if not up
) STRICT;
INSERT INTO "observation" VALUES('shop',1795700356586,5,368,'down','connect_refused','["connecting to 127.0.0.1 port 18599: connection refused",[["resolve",27],["connect",278]],{"status_code":0,"http_version":0.0,"content_length":-1,"body_length":0,"redirects":0,"ssl":0,"ip":"127.0.0.1","ip_protocol":4},"local"]');
INSERT INTO "observation" VALUES('shop',1795700357586,4,310,'down','connect_refused','["connecting to 127.0.0.1 port 18599: connection refused",[["resolve",26],["connect",244]],{"status_code":0,"http_version":0.0,"content_length":-1,"body_length":0,"redirects":0,"ssl":0,"ip":"127.0.0.1","ip_protocol":4},"local"]');
INSERT INTO "observation" VALUES('shop',1795700358586,5,312,'down','connect_refused','["connecting to 127.0.0.1 port 18599: connection refused",[["resolve",26],["connect",246]],{"status_code":0,"http_version":0.0,"content_length":-1,"body_length":0,"redirects":0,"ssl":0,"ip":"127.0.0.1","ip_protocol":4},"local"]');
INSERT INTO "observation" VALUES('shop',1795700359586,5,354,'down','connect_refused','["connecting to 127.0.0.1 port 18599: connection refused",[["resolve",28],["connect",283]],{"status_code":0,"http_version":0.0,"content_length":-1,"body_length":0,"redirects":0,"ssl":0,"ip":"127.0.0.1","ip_protocol":4},"local"]');
INSERT INTO "observation" VALUES('shop',1795700360586,5,359,'down','connect_refused','["connecting to 127.0.0.1 port 18599: connection refused",[["resolve",28],["connect",285]],{"status_code":0,"http_version":0.0,"content_length":-1,"body_length":0,"redirects":0,"ssl":0,"ip":"127.0.0.1","ip_protocol":4},"local"]');
INSERT INTO "observation" VALUES('shop',1795700361586,5,314,'down','connect_refused','["connecting to 127.0.0.1 port 18599: connection refused",[["resolve",26],["connect",246]],{"status_code":0,"http_version":0.0,"content_length":-1,"body_length":0,"redirects":0,"ssl":0,"ip":"127.0.0.1","ip_protocol":4},"local"]');
INSERT INTO "observation" VALUES('shop',1795700362586,4,310,'down','connect_refused','["connecting to 127.0.0.1 port 18599: connection refused",[["resolve",27],["connect",241]],{"status_code":0,"http_version":0.0,"content_length":-1,"body_length":0,"redirects":0,"ssl":0,"ip":"127.0.0.1","ip_protocol":4},"local"]');
INSERT INTO "observation" VALUES('shop',1795700363586,5,318,'down','connect_refused','["connecting to 127.0.0.1 port 18599: connection refused",[["resolve",26],["connect",246]],{"status_code":0,"http_version":0.0,"content_length":-1,"body_length":0,"redirects":0,"ssl":0,"ip":"127.0.0.1","ip_protocol":4},"local"]');
CREATE TABLE transition (
    seq INTEGER NOT NULL,
    item INTEGER NOT NULL,          -- position within the decision
    epoch INTEGER NOT NULL,
    subject TEXT NOT NULL,          -- check | component
    id TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    at_ms INTEGER NOT NULL,         -- when it was decided
    since_ms INTEGER NOT NULL,      -- from when it holds
    rule TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (seq, item)
) STRICT, WITHOUT ROWID;
INSERT INTO "transition" VALUES(2,0,1,'check','shop','unknown','down',1795700358591,1795700356591,'failures_in_a_row','connect_refused: connecting to 127.0.0.1 port 18599: connection refused');
INSERT INTO "transition" VALUES(2,1,1,'component','shop','unknown','major',1795700358591,1795700356591,'from_checks','shop');
CREATE INDEX transition_by_subject ON transition (subject, id, since_ms);
CREATE UNIQUE INDEX incident_open_once ON incident (cause) WHERE resolved_ms IS NULL;
CREATE INDEX notice_pending ON notice (channel, seq, item) WHERE progress = 'pending';
COMMIT;
