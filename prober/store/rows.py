"""Row <-> noun. Enums are stored as their words, impacts as numbers, lists and whole things as JSON."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from prober.core.events import Change, Decision, Rule, Subject
from prober.core.model import (
    Affected,
    CheckState,
    ComponentState,
    Headline,
    Impact,
    Incident,
    IncidentStatus,
    Indicator,
    Maintenance,
    Notice,
    NoticeReason,
    Observation,
    Outcome,
    Status,
    StatusChange,
    Update,
    Verdict,
)
from prober.core.reason import Reason

Row = Mapping[str, Any] | sqlite3.Row


def to_json(value: Any) -> str:
    """Compact JSON; NamedTuples become lists."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=dict)


# ---------------------------------------------------------------- state


def check_state(row: Row) -> CheckState:
    words = {
        "verdict": Verdict(row["verdict"]),
        "reason": Reason(row["reason"]) if row["reason"] else None,
        "recent": tuple((Outcome(outcome), at_ms) for outcome, at_ms in json.loads(row["recent"])),
    }
    return CheckState(**(dict(row) | words))


def check_row(check: CheckState) -> dict[str, Any]:
    return check._asdict() | {"recent": to_json(check.recent)}


def component_state(row: Row) -> ComponentState:
    causes = tuple(json.loads(row["causes"]))
    status, watched = Status(row["status"]), bool(row["watched"])
    return ComponentState(
        row["id"], status, row["since_ms"], watched, causes, row["site"], withheld_by=row["withheld_by"]
    )


def component_row(component: ComponentState) -> dict[str, Any]:
    return component._asdict() | {"causes": to_json(component.causes)}


def transition_rows(decision: Decision, epoch: int) -> list[dict[str, Any]]:
    return [
        change._asdict() | {"seq": decision.seq, "item": item, "epoch": epoch}
        for item, change in enumerate(decision.changes)
    ]


def change(row: Row) -> Change:
    return Change(**(dict(row) | {"subject": Subject(row["subject"]), "rule": Rule(row["rule"])}))


def observation_row(observation: Observation) -> dict[str, Any]:
    return {
        "check": observation.check,
        "scheduled_ms": observation.scheduled_ms,
        "lag_ms": observation.started_ms - observation.scheduled_ms,
        "took_us": observation.took_us,
        "outcome": observation.outcome,
        "reason": observation.reason,
        "evidence": None if observation.outcome is Outcome.UP else _evidence(observation),
    }


def _evidence(observation: Observation) -> str:
    return to_json([observation.detail, observation.phases_us, dict(observation.facts), observation.location])


# ---------------------------------------------------------------- incidents


def incident_row(incident: Incident) -> dict[str, Any]:
    row = incident._asdict()
    del row["affected"], row["updates"]
    return row | {"impact": int(incident.impact)}


def affected_rows(incident: Incident) -> list[dict[str, Any]]:
    return [{"num": incident.num, **a._asdict()} for a in incident.affected]


def update_rows(incident: Incident) -> list[dict[str, Any]]:
    return [{"num": incident.num, "item": item, **u._asdict()} for item, u in enumerate(incident.updates)]


def affected(row: Iterable[Any]) -> Affected:
    component, status, worst = row
    return Affected(component, Status(status), Status(worst))


def update(row: Iterable[Any]) -> Update:
    at_ms, status, body, author = row
    return Update(at_ms, IncidentStatus(status), body, author)


def incident(row: Mapping[str, Any], affected: Iterable[Affected], updates: Iterable[Update]) -> Incident:
    words: dict[str, Any] = {"status": IncidentStatus(row["status"]), "impact": Impact(row["impact"])}
    words["taken"] = bool(row.get("taken"))  # notices of before this was known say nothing of it
    return Incident(**(dict(row) | words), affected=tuple(affected), updates=tuple(updates))


def whole_incidents(connection: sqlite3.Connection, queries: Any, found: Iterable[sqlite3.Row]) -> list[Incident]:
    """The incidents of these rows, with their components and timelines."""
    return [
        incident(
            dict(row),
            [affected(r) for r in queries.affected(connection, num=row["num"])],
            [update(r) for r in queries.updates(connection, num=row["num"])],
        )
        for row in list(found)
    ]


# ---------------------------------------------------------------- notices


def notice_row(notice: Notice, item: int) -> dict[str, Any]:
    row = notice._asdict()
    content = {
        "headline": notice.headline,
        "incident": notice.incident and notice.incident._asdict(),
        "change": notice.change and notice.change._asdict(),
        "maintenance": notice.maintenance and notice.maintenance._asdict(),
    }
    for key in content:
        del row[key]
    return row | {"item": item, "content": to_json(content)}


def notice(row: Row) -> Notice:
    content = json.loads(row["content"])
    indicator, text = content["headline"]
    return Notice(
        id=row["id"],
        seq=row["seq"],
        subscription=row["subscription"],
        channel=row["channel"],
        reason=NoticeReason(row["reason"]),
        at_ms=row["at_ms"],
        site=row["site"],
        stream=row["stream"],
        headline=Headline(Indicator(indicator), text),
        incident=_told_incident(content["incident"]),
        change=_told_change(content["change"]),
        maintenance=_told_maintenance(content["maintenance"]),
    )


def _told_incident(told: dict[str, Any] | None) -> Incident | None:
    if told is None:
        return None
    return incident(
        {key: value for key, value in told.items() if key not in ("affected", "updates")},
        [affected(a) for a in told["affected"]],
        [update(u) for u in told["updates"]],
    )


def _told_change(told: dict[str, Any] | None) -> StatusChange | None:
    if told is None:
        return None
    return StatusChange(told["component"], Status(told["before"]), Status(told["after"]), told["at_ms"])


def _told_maintenance(told: dict[str, Any] | None) -> Maintenance | None:
    if told is None:
        return None
    return Maintenance(**(told | {"components": tuple(told["components"])}))
