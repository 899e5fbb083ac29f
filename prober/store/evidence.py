"""What is kept to explain a verdict: changes and their rules, raw answers, incidents, notices and their deliveries."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

from prober.core.events import Change, Rule, Subject
from prober.core.model import Incident, MaintenanceState
from prober.store import capsule, rows
from prober.store.audit import Deed, deed
from prober.store.engine import Engine

CHANGES = 20  # of each check and component
ANSWERS = 10  # of each check
INCIDENTS = 3
NOTICES = 200  # of each incident


class Answer(NamedTuple):
    """One raw answer of a check. detail: one sentence, "" for a good one."""

    started_ms: int
    took_us: int
    outcome: str
    reason: str | None
    detail: str


class Delivery(NamedTuple):
    """One attempt to deliver a notice. error: why it did not arrive, None if it did."""

    at_ms: int
    took_ms: int
    status: int | None
    error: str | None


class Owed(NamedTuple):
    """A notice that was owed. progress: pending, delivered or failed, as it is now."""

    id: str
    subscription: str
    channel: str
    reason: str
    at_ms: int
    progress: str
    deliveries: tuple[Delivery, ...]


class Evidence(NamedTuple):
    """Everything about one component up to a moment; lists newest first, notices in order. By check: its own.

    maintenances: those under way at that moment, as they are now. capsules: see `capsule.read`. channels: by incident
    that a call opened which named some, those whose subscriptions alone were told.
    """

    changes: tuple[Change, ...]
    check_changes: dict[str, tuple[Change, ...]]
    answers: dict[str, tuple[Answer, ...]]
    incidents: tuple[Incident, ...]
    notices: dict[int, tuple[Owed, ...]]
    maintenances: tuple[MaintenanceState, ...]
    capsules: dict[str, tuple[dict[str, Any], ...]]
    channels: dict[int, frozenset[str]]


class Archive:
    """Evidence, read from the store."""

    def __init__(self, engine: Engine, queries: Any) -> None:
        self._engine = engine
        self._queries = queries

    async def deeds(self, limit: int) -> list[Deed]:
        """What people asked for and was done, the latest first."""
        return await self._engine.call(
            lambda connection: [deed(row) for row in self._queries.latest_audits(connection, limit=limit)]
        )

    async def about(self, component: str, checks: Sequence[str], at_ms: int) -> Evidence:
        """What is known of a component and its checks up to a moment. Raises StoreError."""

        def read(connection: sqlite3.Connection) -> Evidence:
            incidents = self._incidents(connection, component, at_ms)
            return Evidence(
                changes=self._changes(connection, Subject.COMPONENT, component, at_ms),
                check_changes={id_: self._changes(connection, Subject.CHECK, id_, at_ms) for id_ in checks},
                answers={id_: self._answers(connection, id_, at_ms) for id_ in checks},
                incidents=incidents,
                notices={i.num: self._notices(connection, f"incident:{i.num}", at_ms) for i in incidents},
                maintenances=self._maintenances(connection, component, at_ms),
                capsules={id_: capsule.read(connection, self._queries, id_, at_ms) for id_ in checks},
                channels=self._channels(connection, incidents),
            )

        return await self._engine.call(read)

    async def changes_after(self, seq: int, item: int, limit: int) -> list[tuple[int, int, Change]]:
        """The changes after one, each with its decision's number and its place there, in order. Raises StoreError."""

        def read(connection: sqlite3.Connection) -> list[tuple[int, int, Change]]:
            found = self._queries.transitions_after(connection, seq=seq, item=item, limit=limit)
            keys = Change._fields
            return [(row["seq"], row["item"], rows.change({key: row[key] for key in keys})) for row in found]

        return await self._engine.call(read)

    async def answers(self, check: str, until_ms: int, limit: int) -> tuple[Answer, ...]:
        """The latest raw answers of a check up to a moment, newest first. Raises StoreError."""

        def read(connection: sqlite3.Connection) -> tuple[Answer, ...]:
            return self._answers(connection, check, until_ms, limit)

        return await self._engine.call(read)

    async def seen(self, checks: Sequence[str], at_ms: int) -> dict[str, dict[str, Any]]:
        """By check, the latest answer by a moment that changed its verdict; see `capsule.read`. Raises StoreError."""

        def read(connection: sqlite3.Connection) -> dict[str, dict[str, Any]]:
            found = {id_: capsule.read(connection, self._queries, id_, at_ms, 1) for id_ in checks}
            return {id_: capsules[0] for id_, capsules in found.items() if capsules}

        return await self._engine.call(read)

    async def shown(self, components: Sequence[str], at_ms: int) -> dict[str, Change | None]:
        """By component, the latest change that was decided by a moment; None if there was none. Raises StoreError."""

        def read(connection: sqlite3.Connection) -> dict[str, Change | None]:
            found = {id_: self._changes(connection, Subject.COMPONENT, id_, at_ms) for id_ in components}
            return {id_: next(iter(changes), None) for id_, changes in found.items()}

        return await self._engine.call(read)

    def _changes(self, connection: sqlite3.Connection, subject: Subject, id_: str, at_ms: int) -> tuple[Change, ...]:
        found = self._queries.transitions_until(connection, subject=subject, id=id_, at_ms=at_ms, limit=CHANGES)
        return tuple(Change(**(dict(row) | {"subject": subject, "rule": Rule(row["rule"])})) for row in found)

    def _answers(
        self, connection: sqlite3.Connection, check: str, at_ms: int, limit: int = ANSWERS
    ) -> tuple[Answer, ...]:
        found = self._queries.observations_until(connection, check=check, at_ms=at_ms, limit=limit)
        return tuple(
            Answer(row["started_ms"], row["took_us"], row["outcome"], row["reason"], _detail(row["evidence"]))
            for row in found
        )

    def _maintenances(self, connection: sqlite3.Connection, component: str, at_ms: int) -> tuple[MaintenanceState, ...]:
        return tuple(rows.maintenances(self._queries.maintenances_at(connection, component=component, at_ms=at_ms)))

    def _incidents(self, connection: sqlite3.Connection, component: str, at_ms: int) -> tuple[Incident, ...]:
        found = self._queries.incidents_about(connection, component=component, at_ms=at_ms, limit=INCIDENTS)
        return tuple(rows.whole_incidents(connection, self._queries, found))

    def _channels(self, connection: sqlite3.Connection, incidents: Sequence[Incident]) -> dict[int, frozenset[str]]:
        asked = [(one, {"at_ms": one.opened_ms, "site": one.site}) for one in incidents if not one.is_automatic]
        found = ((one.num, self._queries.opening_channels(connection, **keys)) for one, keys in asked)
        return {num: frozenset(json.loads(row["channels"])) for num, row in found if row and row["channels"]}

    def _notices(self, connection: sqlite3.Connection, stream: str, at_ms: int) -> tuple[Owed, ...]:
        found = self._queries.notices_in_stream(connection, stream=stream, at_ms=at_ms, limit=NOTICES)
        return tuple(Owed(**dict(row), deliveries=self._deliveries(connection, row["id"])) for row in list(found))

    def _deliveries(self, connection: sqlite3.Connection, notice: str) -> tuple[Delivery, ...]:
        found = self._queries.deliveries(connection, notice=notice)
        return tuple(Delivery(row["at_ms"], row["took_ms"], row["status"], row["error"]) for row in found)


def _detail(evidence: str | None) -> str:
    return str(json.loads(evidence)[0]) if evidence else ""
