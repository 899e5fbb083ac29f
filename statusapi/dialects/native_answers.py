"""What the native dialect answers, as JSON Schema: the second half of its OpenAPI document.

Tests hold it against the answers of a real daemon: none lacks a field that stands here, or has one that does not.
"""

from collections.abc import Mapping
from typing import Any

from prober.core.events import Rule
from prober.core.model import MaintenanceStatus, Outcome, Phase, Status, Verdict
from prober.core.reason import Reason

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
TRUTH: Schema = {"type": "boolean"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
ANYTHING: Schema = {"type": "object"}


def _object(**fields: Schema) -> Schema:
    """All of these are always there."""
    return {"type": "object", "required": list(fields), "properties": fields}


def _maybe(one: Schema) -> Schema:
    return {"anyOf": [one, {"type": "null"}]}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _by_name(of: Schema) -> Schema:
    return {"type": "object", "additionalProperties": of}


def _words(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


_SHOWN = _words(*Status)
_STATE = _words("investigating", "identified", "monitoring", "resolved", "postmortem")
_PLANNED = _words(*MaintenanceStatus)
_UPDATE = _object(at=MOMENT, status=TEXT, body=TEXT, author=TEXT)

_LISTED = {
    "num": COUNT,
    "id": TEXT,
    "site": TEXT,
    "name": TEXT,
    "status": _STATE,
    "impact": _words("none", "minor", "major", "critical"),
    "started_at": MOMENT,
    "updated_at": MOMENT,
    "resolved_at": _maybe(MOMENT),
    "components": _list(TEXT),
    "acknowledged_by": _maybe(TEXT),
}
_INCIDENT = _object(**_LISTED, is_led_by_a_person=TRUTH, acknowledged_until=_maybe(MOMENT), updates=_list(_UPDATE))
_MAINTENANCE = _object(
    id=TEXT,
    declared_as=_maybe(TEXT),
    site=TEXT,
    name=TEXT,
    description=TEXT,
    status=_PLANNED,
    start=MOMENT,
    end=MOMENT,
    planned_end=MOMENT,
    started_at=_maybe(MOMENT),
    ended_at=_maybe(MOMENT),
    updated_at=MOMENT,
    components=_list(TEXT),
    auto_start=TRUTH,
    auto_end={"enum": [True, False, "when_green"]},
    hidden=_list(_object(component=TEXT, status=_SHOWN, until=_maybe(MOMENT), **{"from": MOMENT})),
    updates=_list(_UPDATE),
)

_PIN = _object(status=_SHOWN, by=TEXT, until=_maybe(MOMENT))
_COMPONENT = {"component": TEXT, "site": TEXT, "name": TEXT, "status": _SHOWN, "since": MOMENT, "pin": _maybe(_PIN)}
_STATUS = _object(
    at=MOMENT,
    components=_list(_object(component=TEXT, site=TEXT, status=_words(*Status, "unknown"), since=_maybe(MOMENT))),
)

_PHASES: Schema = {"type": "object", "properties": {phase.value: COUNT for phase in Phase}}
_REASON = _maybe(_words(*Reason))
_OUTCOME = _words(*Outcome)
_CHECK = _object(
    id=TEXT,
    name=TEXT,
    kind=TEXT,
    component=TEXT,
    interval_ms=COUNT,
    verdict=_words(*Verdict),
    since=_maybe(MOMENT),
    reason=_REASON,
    latest=_maybe(_object(started=MOMENT, took_us=COUNT, outcome=_OUTCOME, phases_us=_PHASES)),
)
_ANSWER = _object(started=MOMENT, took_us=COUNT, outcome=_OUTCOME, reason=_REASON, detail=TEXT)
_EVIDENCE: Schema = {
    "type": "object",
    "required": ["at", "started", "outcome", "reason", "detail", "phases_us", "facts"],
    "properties": {
        "at": MOMENT,
        "started": MOMENT,
        "outcome": _OUTCOME,
        "reason": _REASON,
        "detail": TEXT,
        "phases_us": _PHASES,
        "facts": ANYTHING,
        "stalled_us": COUNT,
        "addresses": _list(TEXT),
        "chain_sha256": TEXT,
        "headers": _by_name(TEXT),
        "body": TEXT,
    },
}

_SUMS = dict.fromkeys(("up", "degraded", "down", "unknown"), COUNT) | {
    name: _maybe(NUMBER) for name in ("p50_ms", "p95_ms", "p99_ms")
}
_LATENCY = _object(
    check=TEXT,
    start=MOMENT,
    end=MOMENT,
    step=TEXT,
    points=_list(_object(at=MOMENT, **_SUMS)),
    total=_maybe(_object(**_SUMS)),
)
_WEIGHT = _maybe({"type": "number", "minimum": 0, "maximum": 1})
_UPTIME = _object(
    component=TEXT,
    name=TEXT,
    to=MOMENT,
    uptime=_WEIGHT,
    up_s=NUMBER,
    judged_s=NUMBER,
    weights=_object(degraded=_WEIGHT, partial=_WEIGHT, maintenance=_WEIGHT, unknown=_WEIGHT),
    intervals=_list(
        _object(start=MOMENT, end=MOMENT, lasted_s=NUMBER, status=_words(*Status, "unknown"), weight=_WEIGHT)
    ),
    **{"from": MOMENT},
)

_DELIVERIES = _list(_object(at=MOMENT, took_ms=COUNT, status=_maybe(COUNT), error=_maybe(TEXT)))
_PROGRESS = _words("pending", "delivered", "failed")
_TOLD = {
    "id": TEXT,
    "subscription": TEXT,
    "channel": TEXT,
    "reason": TEXT,
    "at": MOMENT,
    "site": TEXT,
    "stream": TEXT,
    "progress": _PROGRESS,
    "attempts": COUNT,
    "next": _maybe(MOMENT),
    "told_by": _maybe(TEXT),
    "replayed": _maybe(MOMENT),
    "error": _maybe(TEXT),
}
_NOTICE = _object(**_TOLD, deliveries=_DELIVERIES)
_CHANNEL = _object(
    id=TEXT,
    kind=TEXT,
    target=TEXT,
    owed=COUNT,
    failed=COUNT,
    failing=_maybe(MOMENT),
    disabled=_maybe(MOMENT),
    why=TEXT,
)
_ALERT_PATH = _object(
    component=TEXT,
    status=_SHOWN,
    since=_maybe(MOMENT),
    drill_every_s=_maybe(COUNT),
    channels=_list(
        _object(
            id=TEXT,
            broken=_maybe(TEXT),
            waiting=_maybe(MOMENT),
            drill=_maybe(_object(notice=TEXT, at=MOMENT, arrived=_maybe(TRUTH))),
        )
    ),
)

_RULE = _words(*Rule)
_LATEST = _maybe(_object(word=TEXT, since=MOMENT, rule=_RULE, detail=TEXT))
_CHANGES = _list(_object(at=MOMENT, since=MOMENT, before=TEXT, after=TEXT, rule=_RULE, detail=TEXT))
_TRANSITION = _object(
    id=TEXT,
    component=TEXT,
    check=_maybe(TEXT),
    before=TEXT,
    after=TEXT,
    at=MOMENT,
    since=MOMENT,
    rule=_RULE,
    detail=TEXT,
)
_OWED = _object(
    id=TEXT,
    subscription=TEXT,
    channel=TEXT,
    reason=TEXT,
    at=MOMENT,
    progress=_PROGRESS,
    deliveries=_DELIVERIES,
)
_EXPLAINED = _object(
    component=TEXT,
    name=TEXT,
    at=MOMENT,
    shown=_LATEST,
    maintenance=_list(_object(id=TEXT, name=TEXT, start=MOMENT, end=MOMENT)),
    depends_on=_list(TEXT),
    checks=_list(
        _object(check=TEXT, verdict=_LATEST, changes=_CHANGES, answers=_list(_ANSWER), evidence=_list(_EVIDENCE))
    ),
    changes=_CHANGES,
    incidents=_list(
        _object(
            num=COUNT,
            name=TEXT,
            opened=MOMENT,
            resolved=_maybe(MOMENT),
            acknowledged_by=_maybe(TEXT),
            notices=_list(_OWED),
            routing=_list(_object(subscription=TEXT, channel=TEXT, told=TRUTH, kept_by=_maybe(TEXT))),
        )
    ),
)
_FLAT = _by_name(TEXT)
MESSAGE: Schema = {
    "type": "object",
    "description": "What Alertmanager posts to a webhook receiver, as far as it is read.",
    "required": ["version", "alerts"],
    "properties": {
        "version": {"const": "4"},
        "alerts": _list(
            {
                "type": "object",
                "required": ["status", "labels", "startsAt", "fingerprint"],
                "properties": {
                    "status": _words("firing", "resolved"),
                    "labels": _FLAT,
                    "annotations": _FLAT,
                    "startsAt": MOMENT,
                    "fingerprint": {"type": "string", "pattern": "^[0-9A-Za-z]{1,64}$"},
                },
            }
        ),
    },
}
_ALERTS = _object(opened=COUNT, resolved=COUNT, unchanged=COUNT, ignored=COUNT)

_KEY = {
    "id": TEXT,
    "account": _maybe(TEXT),
    "name": TEXT,
    "scope": _words("read", "write", "admin"),
    "created_at": MOMENT,
    "expires_at": _maybe(MOMENT),
    "revoked_at": _maybe(MOMENT),
    "used_at": _maybe(MOMENT),
}

_MAINTENANCES = _object(maintenances=_list(_MAINTENANCE))
_SUBSCRIBER = _object(id=TEXT, site=TEXT, address=TEXT, asked=MOMENT, confirmed=_maybe(MOMENT))

ANSWERS: Mapping[str, Schema] = {
    "get /openapi.json": ANYTHING,
    "get /status": _STATUS,
    "get /transitions": _object(transitions=_list(_TRANSITION)),
    "get /stream": {"type": "string", "description": "Events named transition: id, and one of /transitions as data."},
    "get /checks": _object(checks=_list(_CHECK)),
    "get /checks/{id}": _CHECK,
    "post /checks/{id}/probe": _CHECK,
    "get /checks/{id}/observations": _object(observations=_list(_ANSWER)),
    "get /checks/{id}/latency": _LATENCY,
    "get /notices": _object(notices=_list(_object(**_TOLD))),
    "get /notices/{id}": _NOTICE,
    "post /notices/{id}/replay": _NOTICE,
    "get /channels": _object(channels=_list(_CHANNEL)),
    "post /channels/{id}/enable": _CHANNEL,
    "post /channels/{id}/test": _NOTICE,
    "get /alert-path": _ALERT_PATH,
    "get /components": _object(components=_list(_object(**_COMPONENT))),
    "get /components/{id}": _object(**_COMPONENT),
    "get /components/{id}/uptime": _UPTIME,
    "post /components/{id}/pin": _object(**_COMPONENT),
    "delete /components/{id}/pin": _object(**_COMPONENT),
    "get /components/{id}/explain": _EXPLAINED,
    "post /alertmanager": _ALERTS,
    "get /incidents": _object(incidents=_list(_object(**_LISTED))),
    "post /incidents": _INCIDENT,
    "get /incidents/{num}": _INCIDENT,
    "post /incidents/{num}/updates": _INCIDENT,
    "post /incidents/{num}/acknowledge": _INCIDENT,
    "get /maintenances": _MAINTENANCES,
    "post /maintenances": _MAINTENANCE,
    "get /maintenances/{id}": _MAINTENANCE,
    "post /maintenances/{id}/start": _MAINTENANCE,
    "post /maintenances/{id}/extend": _MAINTENANCE,
    "post /maintenances/{id}/move": _MAINTENANCE,
    "post /maintenances/{id}/end": _MAINTENANCE,
    "post /maintenances/{id}/cancel": _MAINTENANCE,
    "get /maintenances/{id}/next": _MAINTENANCES,
    "get /subscribers": _object(subscribers=_list(_SUBSCRIBER)),
    "post /subscribers": _object(site=TEXT),
    "delete /subscribers/{id}": _SUBSCRIBER,
    "get /keys": _object(keys=_list(_object(**_KEY))),
    "post /keys": _object(**_KEY, key=_maybe(TEXT)),
    "delete /keys/{id}": _object(**_KEY),
}
"""By method and path: what comes of a request that is carried out."""
