"""Row <-> noun. Enums are stored as their words, impacts as numbers, lists and whole things as JSON."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from prober.core.events import Change, Decision, Rule, Subject
from prober.core.heartbeat import Heard
from prober.core.model import (
    Affected,
    CheckState,
    ComponentState,
    Ending,
    Headline,
    Held,
    Hidden,
    Impact,
    Incident,
    IncidentStatus,
    Indicator,
    MaintenanceState,
    MaintenanceStatus,
    MaintenanceUpdate,
    Notice,
    NoticeReason,
    Observation,
    Outcome,
    Pin,
    Status,
    StatusChange,
    Storm,
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
        "pace": tuple(tuple(tenth) for tenth in json.loads(row["pace"])),
    }
    return CheckState(**(dict(row) | words))


def check_row(check: CheckState) -> dict[str, Any]:
    return check._asdict() | {"recent": to_json(check.recent), "pace": to_json(check.pace)}


def heard(row: Row) -> Heard:
    return Heard(**(dict(row) | {"is_doubtful": bool(row["is_doubtful"])}))


def component_state(row: Row) -> ComponentState:
    causes = tuple(json.loads(row["causes"]))
    status, watched = Status(row["status"]), bool(row["watched"])
    pin = None
    if row["pin_status"] is not None:
        pin = Pin(Status(row["pin_status"]), row["pin_by"], row["pin_until_ms"])
    return ComponentState(
        row["id"], status, row["since_ms"], watched, causes, row["site"], withheld_by=row["withheld_by"], pin=pin
    )


def component_row(component: ComponentState) -> dict[str, Any]:
    pin = component.pin
    return component._asdict() | {
        "causes": to_json(component.causes),
        "pin_status": pin and pin.status,
        "pin_by": pin and pin.by,
        "pin_until_ms": pin and pin.until_ms,
    }


def transition_rows(decision: Decision, epoch: int) -> list[dict[str, Any]]:
    return [
        change._asdict() | {"seq": decision.seq, "item": item, "epoch": epoch}
        for item, change in enumerate(decision.changes)
    ]


def change(row: Row) -> Change:
    return Change(**(dict(row) | {"subject": Subject(row["subject"]), "rule": Rule(row["rule"])}))


def observation_row(observation: Observation) -> tuple[Any, ...]:
    """In the order of add_observations: there are many. Words are plain strings, of which SQLite asks nothing."""
    outcome, scheduled_ms = observation.outcome, observation.scheduled_ms
    return (
        observation.check,
        scheduled_ms,
        observation.started_ms - scheduled_ms,
        observation.took_us,
        outcome.value,
        observation.reason,
        None if outcome is Outcome.UP else _evidence(observation),
    )


def _evidence(observation: Observation) -> str:
    told = [observation.detail, observation.phases_us, dict(observation.facts), observation.location]
    return to_json([*told, observation.stalled_us] if observation.stalled_us else told)


# ---------------------------------------------------------------- incidents


def incident_row(incident: Incident) -> dict[str, Any]:
    row = incident._asdict()
    del row["affected"], row["updates"]
    ids = {"escalated": to_json(incident.escalated), "told": to_json(incident.told)}
    return row | ids | {"impact": int(incident.impact)}


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
    for name in ("escalated", "told"):
        ids = row.get(name, [])
        words[name] = tuple(json.loads(ids) if isinstance(ids, str) else ids)
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


# ---------------------------------------------------------------- maintenances


def maintenance_row(work: MaintenanceState) -> dict[str, Any]:
    lists = {key: to_json(getattr(work, key)) for key in ("components", "hidden", "updates", "told")}
    return work._asdict() | lists


def maintenance(row: Mapping[str, Any]) -> MaintenanceState:
    """From a row, its lists read already."""
    return MaintenanceState(
        **(dict(row) | {"auto_start": bool(row["auto_start"]), "is_reminded": bool(row["is_reminded"])})
        | {
            "components": tuple(row["components"]),
            "told": tuple(row.get("told", ())),  # notices of before this was known say nothing of it
            "status": MaintenanceStatus(row["status"]),
            "auto_end": Ending(row["auto_end"]),
            "hidden": tuple(Hidden(c, Status(status), *span) for c, status, *span in row["hidden"]),
            "updates": tuple(
                MaintenanceUpdate(at_ms, MaintenanceStatus(status), *words) for at_ms, status, *words in row["updates"]
            ),
        }
    )


def maintenances(found: Iterable[Row]) -> list[MaintenanceState]:
    return [
        maintenance(dict(row) | {key: json.loads(row[key]) for key in ("components", "hidden", "updates", "told")})
        for row in found
    ]


# ---------------------------------------------------------------- notices


def notice_row(notice: Notice, item: int) -> dict[str, Any]:
    row = notice._asdict()
    content: dict[str, Any] = {
        "headline": notice.headline,
        "incident": notice.incident and notice.incident._asdict(),
        "change": notice.change and notice.change._asdict(),
        "maintenance": notice.maintenance and notice.maintenance._asdict(),
    }
    for key in (*content, "digest"):
        del row[key]
    if notice.digest:
        content["digest"] = [notice_row(one, item) for item, one in enumerate(notice.digest)]
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
        digest=tuple(notice(one) for one in content.get("digest", ())),
    )


def storm(row: Row) -> Storm:
    held = tuple(Held(notice(told), bool(is_opening)) for told, is_opening in json.loads(row["held"]))
    return Storm(row["channel"], row["from_ms"], row["sent"], held)


def storm_row(storm: Storm) -> dict[str, Any]:
    held = [[notice_row(one.notice, 0), one.is_opening] for one in storm.held]
    return storm._asdict() | {"held": to_json(held)}


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


def _told_maintenance(told: dict[str, Any] | None) -> MaintenanceState | None:
    if told is None:
        return None
    if "recurrence" in told:  # owed before its life was known
        start_ms, end_ms = told["start_ms"], told["end_ms"]
        moments = {"planned_end_ms": end_ms, "first_seen_ms": start_ms, "updated_ms": start_ms}
        known = {key: value for key, value in told.items() if key != "recurrence"}
        return MaintenanceState(**(known | moments | {"window": told["id"], "components": tuple(told["components"])}))
    return maintenance(told)
