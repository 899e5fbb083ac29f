"""Stories: what happened, line by line, and what came of it. See tests/stories/*.txt.

policy failures=2 successes=2         keys of the check(s); `check NAME component=NAME key=value` adds one
component shop depends_on=db           keys of a component
window 00:10 00:20 [daily] [key=value...] [NAME...]   a maintenance of all components, or of those that are named;
                                      "daily" recurs; keys of the window; they are called window0, window1, ...
reload 00:15 without window0          the policy without that window
00:01 shop down[/REASON]              an observation (the name may be left out if there is one check)
00:02 down -> shop: major, open "Shop is down" critical, tell opened
00:12 -                               nothing is observed; the core is woken
00:02 shop@fra down                    the same, as seen from a location
00:13 post 1 [STATUS]                 a person posts an update; `ack 1 [UNTIL]`, `open NAME [COMPONENT...]`
00:14 pin shop major [UNTIL]          a person sets what a component shows; `unpin shop`
00:15 past NAME FROM UNTIL [COMPONENT...]   a person records an incident that is over
00:13 schedule 01:00 02:00 [NAME...]  a person plans work; `start ID`, `extend ID 00:30`, `end ID`, `cancel ID`
00:14 move ordered@1 02:00 03:00 NAME... [auto_start=false]   a person gives work other times and components
subscription remind_after_ms=600000   keys of the subscription; hours=We_08:00-18:00 in UTC
budget 2 600000                       so many messages within so many ms; the rest is told as a digest
restart                               the state goes through nothing but its rows
restart 01:00 watched 00:10           and nobody has watched in between
"""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prober.core.events import Change, Configured, Decision, Observed, Ordered, Rule, Subject, Woke
from prober.core.hours import parsed
from prober.core.model import Ending, Hidden, IncidentStatus, NoticeReason, Status
from prober.core.orders import (
    Acknowledge,
    CancelMaintenance,
    EndMaintenance,
    ExtendMaintenance,
    MoveMaintenance,
    Open,
    Order,
    Post,
    ScheduleMaintenance,
    SetPin,
    StartMaintenance,
    TakePin,
)
from prober.core.policy import Budget, Policy
from prober.core.reason import Reason
from prober.core.recurrence import Recurrence
from prober.core.state import State
from prober.core.step import step
from tests.builders import check, component, observation, policy, subscription, window

DAY0 = 1_700_006_400_000  # a midnight UTC


def moment_ms(text: str) -> int:
    """ms of "hh:mm" or "hh:mm:ss" on the story's day."""
    parts = [int(p) for p in text.split(":")] + [0]
    return DAY0 + (parts[0] * 3600 + parts[1] * 60 + parts[2]) * 1000


class Teller:
    """Plays a story's lines against step()."""

    def __init__(self) -> None:
        self.checks: list[Any] = []
        self.windows: list[Any] = []
        self.components: dict[str, dict[str, Any]] = {}
        self.wishes: dict[str, Any] = {}
        self.budgets: dict[str, Budget] = {}
        self.state = State(identity=b"story")
        self.decisions: list[Decision] = []
        self._policy: Policy | None = None

    @property
    def policy(self) -> Policy:
        if self._policy is None:
            checks = self.checks or [check()]
            names = dict.fromkeys(c.component for c in checks)
            parts = [
                component(n, [c.id for c in checks if c.component == n], **self.components.get(n, {})) for n in names
            ]
            wishes: dict[str, Any] = {"topics": frozenset({"incidents", "maintenance"})} | self.wishes
            windows = [w if w.components else w._replace(components=tuple(names)) for w in self.windows]
            rules = policy(*checks, components=parts, subscriptions=[subscription(**wishes)], windows=windows)
            self._policy = rules._replace(budgets=self.budgets)
            self._take(Configured(DAY0))
        return self._policy

    def _take(self, event: Any) -> Decision | None:
        decision = step(self.state, event, self.policy)
        if decision is not None:
            self.state.apply(decision)
            self.decisions.append(decision)
        return decision

    def tell(self, line: str) -> str:
        """Play one line; what came of it, in the story's words ("" for nothing)."""
        words = line.split()
        if words[0] in ("policy", "check"):
            name = words.pop(1) if words[0] == "check" else "shop"
            self.checks.append(check(name, **({"component": name} | _keys(words[1:]))))
            return ""
        if words[0] == "subscription":
            self.wishes = _keys(words[1:])
            return ""
        if words[0] == "budget":
            self.budgets = {"hook": Budget(int(words[1]), int(words[2]))}
            return ""
        if words[0] == "component":
            self.components[words[1]] = _keys(words[2:])
            return ""
        if words[0] == "window":
            when, id_ = (moment_ms(words[1]), moment_ms(words[2])), f"window{len(self.windows)}"
            names = [w for w in words[3:] if w != "daily" and "=" not in w]
            made = window(*when, components=names, id_=id_)._replace(**_keys([w for w in words[3:] if "=" in w]))
            if "daily" in words[3:]:
                first = datetime.fromtimestamp(when[0] / 1000, UTC).replace(tzinfo=None)
                made = made._replace(recurrence=Recurrence("FREQ=DAILY", "UTC", first, when[1] - when[0]))
            self.windows.append(made)
            return ""
        if words[0] == "reload":
            windows = {id_: w for id_, w in self.policy.maintenances.items() if id_ != words[3]}
            self._policy = self.policy._replace(maintenances=windows)
            return said(self._take(Configured(moment_ms(words[1]))))
        if words[0] == "restart":
            self.state = replace(self.state.copy(), wake_ms=None)
            watched_ms = moment_ms(words[3]) if words[2:3] == ["watched"] else None
            return said(self._take(Configured(moment_ms(words[1]), watched_ms)))
        return said(self._take(self._event(words)))

    def _event(self, words: list[str]) -> Any:
        at_ms = moment_ms(words[0])
        if words[1] == "-":
            return Woke(at_ms)
        if words[1] in ("post", "ack", "open", "past", "pin", "unpin"):
            return Ordered(at_ms, _order(words[1], words[2:]))
        if words[1] == "schedule":
            names = tuple(words[4:]) or tuple(self.policy.components)
            start_ms, end_ms = moment_ms(words[2]), moment_ms(words[3])
            return Ordered(at_ms, ScheduleMaintenance("main", "W", "ann", start_ms, end_ms, names))
        if words[1] == "move":
            return Ordered(at_ms, _move(words[2], words[3:]))
        if words[1] in _OF_MAINTENANCE:
            until = [moment_ms(words[3])] if words[1] == "extend" else []
            return Ordered(at_ms, _OF_MAINTENANCE[words[1]](_id(words[2]), "ann", *until))
        named, _, location = words[1].partition("@")
        name = named if named in self.policy.checks else next(iter(self.policy.checks))
        rest = words[2:] if named in self.policy.checks else words[1:]
        took = next((word for word in rest[1:] if "=" not in word), "0s")
        took_us = int(float(took.removesuffix("s")) * 1e6)
        outcome, slash, reason = rest[0].partition("/")
        more: dict[str, Any] = {"reason": Reason(reason)} if slash else {}
        if location:
            more["location"] = location
        facts = dict(word.split("=") for word in rest[1:] if "=" in word)
        if facts:
            more["facts"] = facts
        return Observed(observation(outcome, at_ms, name, took_us=took_us, **more))


_OF_MAINTENANCE: dict[str, Any] = {
    "start": StartMaintenance,
    "extend": ExtendMaintenance,
    "end": EndMaintenance,
    "cancel": CancelMaintenance,
}


def _move(id_: str, words: list[str]) -> MoveMaintenance:
    names, keys = tuple(w for w in words[2:] if "=" not in w), _keys([w for w in words[2:] if "=" in w])
    return MoveMaintenance(id_, "ann", moment_ms(words[0]), moment_ms(words[1]), names, **keys)


def _id(text: str) -> str:
    """Of one time of a window that recurs, told by its start: window0@24:10."""
    name, _, start = text.partition("@")
    return f"{name}@{moment_ms(start) // 1000}" if ":" in start else text


def _order(deed: str, words: list[str]) -> Order:
    if deed == "post":
        return Post(int(words[0]), "words", "ann", IncidentStatus(words[1]) if len(words) > 1 else None)
    if deed == "ack":
        return Acknowledge(int(words[0]), "ann", moment_ms(words[1]) if len(words) > 1 else None)
    if deed == "pin":
        until_ms = moment_ms(words[2]) if len(words) > 2 else None
        return SetPin(words[0], Status(words[1]), "ann", until_ms)
    if deed == "unpin":
        return TakePin(words[0], "ann")
    if deed == "past":
        order = Open("main", words[0], "words", "ann", components=tuple(words[3:]))
        return order._replace(started_ms=moment_ms(words[1]), resolved_ms=moment_ms(words[2]))
    return Open("main", words[0], "words", "ann", components=tuple(words[1:]))


def _keys(words: list[str]) -> dict[str, Any]:
    pairs = [w.split("=") for w in words]
    return {key: _value(key, text) for key, text in pairs}


def _value(key: str, text: str) -> Any:
    if key == "hours":
        return parsed(text.replace("_", " "), "UTC")
    if key == "opens_at":
        return None if text == "never" else Status(text)
    if key in ("flap_high", "flap_low"):
        return float(text)
    if key == "auto_end":
        return Ending(text)
    if key == "auto_start":
        return text == "true"
    if key in ("depends_on", "canaries", "group_by", "locations"):
        return tuple(text.split(","))
    if key == "shares":
        return tuple(tuple(part.split(":")) for part in text.split(","))
    return int(text) if text.isdigit() else text


def said(decision: Decision | None) -> str:
    """A decision in a story's words."""
    if decision is None:
        return ""
    parts = [_changed(change, decision) for change in decision.changes if change.subject is Subject.COMPONENT]
    for notice in decision.notices:
        parts.append(f"tell {notice.reason}")
        if notice.reason is NoticeReason.OPENED and notice.incident:
            parts[-1] += f' "{notice.incident.name}" {notice.incident.impact.word}'
        if notice.reason in (NoticeReason.CHANGED, NoticeReason.REOPENED) and notice.incident:
            parts[-1] += f" {notice.incident.impact.word}"
        if notice.reason is NoticeReason.CHANGED and notice.incident and len(notice.incident.affected) > 1:
            parts[-1] += f" of {'+'.join(a.component for a in notice.incident.affected if a.status.depth)}"
        if notice.reason is NoticeReason.DIGEST:
            names = [one.incident.name if one.incident else one.stream for one in notice.digest]
            told = [f"{one.reason} {name}" for one, name in zip(notice.digest, names, strict=True)]
            parts[-1] += f" of {len(told)}: {' + '.join(told)}"
        if notice.reason is NoticeReason.RESOLVED and notice.incident:
            after = re.search(r"after (.*)\.$", notice.incident.updates[-1].body)
            parts[-1] += f" after {after.group(1)}" if after else ""
        if notice.reason is NoticeReason.MAINTENANCE_COMPLETED and notice.maintenance:
            parts[-1] += "".join(f" hid {_hidden(one)}" for one in notice.maintenance.hidden)
        if notice.reason is NoticeReason.MAINTENANCE_EXTENDED and notice.maintenance:
            parts[-1] += f" until {_clock(notice.maintenance.end_ms)}"
    return ", ".join(parts)


def _hidden(one: Hidden) -> str:
    until = "" if one.until_ms is None else _clock(one.until_ms)
    return f"{one.component} {one.status} {_clock(one.from_ms)}-{until}"


def _clock(at_ms: int) -> str:
    minutes, ms = divmod(at_ms - DAY0, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}" + (f":{ms // 1000:02}" if ms else "")


def _changed(change: Change, decision: Decision) -> str:
    if change.rule is Rule.DEPENDENCY_DOWN:
        (by,) = [c.withheld_by for c in decision.components if c.component == change.id]
        return f"{change.id} withheld by {by}"
    return f"{change.id}: {change.after}"


def stories(folder: Path) -> list[tuple[str, list[str]]]:
    """(name, lines) of every story in the folder's files; a story begins with "# name"."""
    found: list[tuple[str, list[str]]] = []
    for file in sorted(folder.glob("*.txt")):
        for raw in file.read_text().splitlines():
            line = raw.strip()
            if line.startswith("# "):
                found.append((f"{file.stem}: {line[2:]}", []))
            elif line:
                found[-1][1].append(line)
    return found
