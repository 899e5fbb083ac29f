"""The store: what was judged, what happened and what is owed, on disk.

A batch is written whole or not at all, and is on the disk when `write` returns. Writing the same batch again
changes nothing that was written: decisions are known by their number, notices by their id.
"""

import secrets
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from prober.core.events import Change, Decision, Subject
from prober.core.heartbeat import Heard
from prober.core.model import CheckState, Incident, MaintenanceState, Observation
from prober.core.state import State
from prober.errors import StoreDamagedError, StoreError, StoreFullError
from prober.store import capsule, chain, damage, lock, rows
from prober.store.audit import Deed, Placed, audit_row
from prober.store.backup import FILE, refusing
from prober.store.capsule import Capsule
from prober.store.copies import FOLDER, copy_before_migration
from prober.store.engine import Engine, connecting, fold, opened, share, stood_in
from prober.store.evidence import Archive
from prober.store.keys import Keys
from prober.store.made import MadeObjects
from prober.store.migrate import check, migrate
from prober.store.named import queries
from prober.store.outbox import Outbox
from prober.store.replies import Replies
from prober.store.rollup import Rollups
from prober.store.subscribers import Subscribers


class Batch(NamedTuple):
    """What to write in one transaction.

    decisions: visible ones, in order. checks: streaks that moved. observations: in the order they were made.
    seq, next_num, handled_ms: how far judgement has come with all of it. watched_ms: when the latest observation
    was complete; None = as before. heard: of jobs that report by themselves.
    capsules: what was seen with which a check's verdict changed. placed: what people asked for, of these decisions.
    """

    decisions: Sequence[Decision]
    checks: Sequence[CheckState]
    observations: Sequence[Observation]
    seq: int
    next_num: int
    handled_ms: int | None
    watched_ms: int | None = None
    heard: Sequence[Heard] = ()
    capsules: Sequence[Capsule] = ()
    placed: Sequence[Placed] = ()


class Store:
    """One installation's database, owned by this process while it is open."""

    def __init__(self, writer: Engine, reader: Engine, path: Path) -> None:
        self.path = path
        self.epoch = 0
        self.is_cramped = False
        """Opened where nothing could be written: nobody else may look at the database until something is."""
        self._writer = writer
        self._reader = reader
        self._queries: Any = queries()
        self.outbox = Outbox(writer, self._queries)
        self.archive = Archive(reader, self._queries)
        self.rollups = Rollups(writer, reader, self._queries)
        self.keys = Keys(writer, self._queries)
        self.replies = Replies(writer, self._queries)
        self.made = MadeObjects(writer, reader, self._queries)
        self.subscribers = Subscribers(writer, self._queries)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        directory: Path,
        new_identity: bytes,
        now_ms: int = 0,
        backups: Path | None = None,
        *,
        may_be_cramped: bool = False,
    ) -> "AsyncIterator[Store]":
        """Own the state directory and open its database, made with new_identity if there is none.

        If it is of an older schema it is saved to `backups` before it is changed (None = beside it).
        may_be_cramped: be content with a state that can be read, if the disk is too full to begin anything.
        Raises StoreError, in one sentence, if another process owns it or the file cannot be used.
        """
        folder = backups or directory / FOLDER
        with lock.owned(directory):
            damage.refuse_if_aside(directory, folder)
            async with AsyncExitStack() as stack:
                try:
                    if may_be_cramped and (directory / FILE).exists():
                        store = await cls._cramped(stack, directory / FILE)
                    else:
                        copy_before_migration(directory, folder, now_ms)
                        store = await cls._opened(stack, directory / FILE, new_identity)
                except StoreDamagedError as error:
                    await stack.aclose()
                    raise damage.put_aside(directory, folder, error) from error
                yield store

    @classmethod
    async def _opened(cls, stack: AsyncExitStack, path: Path, new_identity: bytes) -> "Store":
        writer = await stack.enter_async_context(opened(path, may_write=True))
        await writer.call(migrate)
        reader = await stack.enter_async_context(opened(path, may_write=False))
        await reader.call(damage.looked_over)
        store = cls(writer, reader, path)
        await store._begin(new_identity)
        await store.load()  # so that damage is found before anything builds on it
        return store

    @classmethod
    async def _cramped(cls, stack: AsyncExitStack, path: Path) -> "Store":
        writer = await stack.enter_async_context(opened(path, may_write=True, is_alone=True))
        await writer.call(check)
        store = cls(writer, await stack.enter_async_context(stood_in(writer)), path)
        store.is_cramped = True
        await store.load()
        return store

    @property
    def waiting(self) -> int:
        """Commands that wait for the thread that writes."""
        return self._writer.waiting

    async def _settled(self) -> None:
        """Begin what a cramped start could not; let others look again. Raises StoreError if there is no room yet."""
        if not self.epoch:
            await self._begin(b"")  # it has an identity
        with suppress(StoreFullError):  # room to write, and too little for others: so it goes on alone
            await self._writer.call(share)
            await self._reader.take_over(connecting(self.path, may_write=False))
            self.is_cramped = False

    async def _begin(self, new_identity: bytes) -> None:
        def begin(connection: sqlite3.Connection) -> int:
            self._queries.found_installation(connection, identity=new_identity)
            self._queries.put_installation_secret(connection, secret=secrets.token_bytes(32))
            self._queries.begin_epoch(connection)
            chain.begin(connection)
            epoch: int = self._queries.installation(connection)["epoch"]
            return epoch

        self.epoch = await self._writer.transact(begin)

    async def load(self) -> State:
        """The state as it was last written."""

        return await self._writer.call(lambda connection: _state(connection, self._queries))

    async def write(self, batch: Batch) -> None:
        """Write a batch durably. Raises StoreError, with nothing written, if that is not possible now."""

        def write(connection: sqlite3.Connection) -> None:
            self._queries.add_audits(connection, [audit_row(placed) for placed in batch.placed])
            for decision in batch.decisions:
                self._put(connection, decision)
                chain.append(connection, decision.at_ms)
            queries = self._queries
            queries.put_check_states(connection, [rows.check_row(c) for c in batch.checks])
            queries.put_heartbeats(connection, [heard._asdict() for heard in batch.heard])
            queries.add_observations(connection, map(rows.observation_row, batch.observations))  # one at a time
            for one in batch.capsules:
                capsule.put(connection, queries, one)
            queries.advance_installation(
                connection,
                seq=batch.seq,
                next_num=batch.next_num,
                handled_ms=batch.handled_ms,
                watched_ms=batch.watched_ms,
            )

        has_incident = any(decision.incidents for decision in batch.decisions)
        point = "incident" if has_incident else "judged" if batch.decisions else "observed"
        try:
            await self._write(write, point)
        except StoreFullError:
            await self._writer.call(fold)  # the log may be what fills the disk
            await self._write(write, point)

    async def _write(self, command: Callable[[sqlite3.Connection], None], point: str) -> None:
        if self.is_cramped:
            await self._settled()
        await self._writer.transact(command, point)

    def _put(self, connection: sqlite3.Connection, decision: Decision) -> None:
        queries = self._queries
        queries.put_check_states(connection, [rows.check_row(c) for c in decision.checks])
        queries.put_component_states(connection, [rows.component_row(c) for c in decision.components])
        queries.add_transitions(connection, rows.transition_rows(decision, self.epoch))
        for incident in decision.incidents:
            queries.put_incident(connection, **rows.incident_row(incident))
            queries.put_affected(connection, rows.affected_rows(incident))
            queries.add_updates(connection, rows.update_rows(incident))
        queries.put_storms(connection, [rows.storm_row(storm) for storm in decision.storms])
        queries.put_maintenances(connection, [rows.maintenance_row(work) for work in decision.maintenances])
        queries.owe_notices(connection, [rows.notice_row(n, item) for item, n in enumerate(decision.notices)])
        for subject, id_ in decision.gone:
            drop = queries.drop_check_state if subject is Subject.CHECK else queries.drop_component_state
            drop(connection, id=id_)
            if subject is Subject.CHECK:
                queries.drop_heartbeat(connection, id=id_)

    async def heard(self) -> list[Heard]:
        """What was heard of all jobs that report by themselves."""
        return await self._writer.call(
            lambda connection: [rows.heard(row) for row in self._queries.heartbeats(connection)]
        )

    async def last_seen_ms(self) -> int | None:
        """The latest moment at which we are known to have been there; None if there is none."""

        def read(connection: sqlite3.Connection) -> int | None:
            found = self._queries.last_observation(connection)
            return None if found is None else int(found["at_ms"])

        return await self._writer.call(read)

    # ------------------------------------------------------------ questions

    async def recent_incidents(self, site: str, limit: int) -> list[Incident]:
        """The newest incidents of a site, open or not, newest first."""

        def read(connection: sqlite3.Connection) -> list[Incident]:
            found = self._queries.recent_incidents(connection, site=site, limit=limit)
            return rows.whole_incidents(connection, self._queries, found)

        return await self._reader.call(read)

    async def recent_maintenances(self, site: str, limit: int) -> list[MaintenanceState]:
        """The latest maintenances of a site that have ended, newest first."""

        def read(connection: sqlite3.Connection) -> list[MaintenanceState]:
            return rows.maintenances(self._queries.recent_maintenances(connection, site=site, limit=limit))

        return await self._reader.call(read)

    async def incidents_known(self, site: str, at_ms: int, limit: int) -> list[Incident]:
        """The incidents of a site that were told by a moment, as they are now: those open then first."""

        def read(connection: sqlite3.Connection) -> list[Incident]:
            found = self._queries.incidents_known(connection, site=site, at_ms=at_ms, limit=limit)
            return rows.whole_incidents(connection, self._queries, found)

        return await self._reader.call(read)

    async def maintenances_known(self, site: str, at_ms: int, limit: int) -> list[MaintenanceState]:
        """The maintenances of a site that were to come or under way at a moment, as they are now."""

        def read(connection: sqlite3.Connection) -> list[MaintenanceState]:
            return rows.maintenances(self._queries.maintenances_known(connection, site=site, at_ms=at_ms, limit=limit))

        return await self._reader.call(read)

    async def incidents_between(self, site: str, start_ms: int, end_ms: int, limit: int) -> list[Incident]:
        """The incidents of a site that began in that span, end exclusive, newest first."""
        span = {"site": site, "start_ms": start_ms, "end_ms": end_ms, "limit": limit}

        def read(connection: sqlite3.Connection) -> list[Incident]:
            return rows.whole_incidents(connection, self._queries, self._queries.incidents_between(connection, **span))

        return await self._reader.call(read)

    async def incident(self, site: str, slug: str) -> Incident | None:
        """The incident of a site with that slug."""

        def read(connection: sqlite3.Connection) -> list[Incident]:
            found = self._queries.incidents_of_slug(connection, site=site, slug=slug)
            return rows.whole_incidents(connection, self._queries, found)

        return next(iter(await self._reader.call(read)), None)

    async def first_incident_ms(self, site: str) -> int | None:
        """When the first incident of a site began; None if there was none."""
        found = await self._reader.call(lambda connection: self._queries.first_incident(connection, site=site))
        return None if found is None else found["started_ms"]

    async def changes(self, subject: Subject, id_: str, limit: int) -> list[Change]:
        """The latest changes of one check or component, newest first."""

        def read(connection: sqlite3.Connection) -> list[Change]:
            found = self._queries.transitions(connection, subject=subject, id=id_, limit=limit)
            return [rows.change(row) for row in found]

        return await self._reader.call(read)

    async def component_changes(self, since_ms: int) -> list[Change]:
        """What tells every component's status at any moment from since_ms on, in the order it was decided."""

        def read(connection: sqlite3.Connection) -> list[Change]:
            return [rows.change(row) for row in self._queries.component_transitions(connection, since_ms=since_ms)]

        return await self._reader.call(read)

    async def changes_of_component(self, id_: str) -> list[Change]:
        """All changes of a component, in the order they were decided."""

        def read(connection: sqlite3.Connection) -> list[Change]:
            return [rows.change(row) for row in self._queries.transitions_of_component(connection, id=id_)]

        return await self._reader.call(read)

    async def count_observations(self) -> int:
        """How many raw observations are kept."""
        return await self._reader.call(
            lambda connection: int(self._queries.count_observations(connection)["observations"])
        )

    # ------------------------------------------------------------ upkeep

    async def drop_observations(self, before_ms: int, limit: int) -> int:
        """Delete at most `limit` raw observations from before a moment, oldest first; how many went.

        Those that have not been summed up stay, and so does the latest.
        """

        def write(connection: sqlite3.Connection) -> int:
            gone: int = self._queries.drop_oldest_observations(connection, before_ms=before_ms, limit=limit)
            return gone

        return await self._writer.transact(write)

    async def drop_notices(self, before_ms: int, now_ms: int, limit: int) -> int:
        """Delete settled notices from before a moment, as far as `limit` links of the chain have any; how many of
        these were gone through. Raises StoreError also if the chain is found broken.
        """
        return await self._writer.transact(lambda connection: chain.retire(connection, before_ms, now_ms, limit))

    async def shrink(self, spare: int, pages: int) -> int:
        """Give at most so many unused pages back to the file system, and keep some to spare; how many there were."""

        def shrink(connection: sqlite3.Connection) -> int:
            unused: int = connection.execute("PRAGMA freelist_count").fetchone()[0]
            if unused > spare:
                # Not by execute: that takes one step of it, which is one page.
                connection.executescript(f"PRAGMA incremental_vacuum({min(pages, unused - spare)})")
            return unused

        return await self._writer.call(shrink)


async def peeked(directory: Path) -> State | None:
    """The state as it was last written, by a daemon that may be running; None if there is none.

    Raises StoreError if it can't be read, or was written by another version.
    """

    if not (directory / FILE).exists():
        return None
    async with _peeking(directory / FILE) as reader:
        return await reader.call(lambda connection: _state(connection, queries()))


async def deeds(directory: Path, limit: int) -> list[Deed]:
    """The latest orders of people that changed something, newest first; a daemon may be running.

    Raises StoreError if there is no state, if it can't be read, or was written by another version.
    """
    if not (directory / FILE).exists():
        raise StoreError(f"{directory}: expected a state, found none")
    async with _peeking(directory / FILE) as reader:
        return await Archive(reader, queries()).deeds(limit)


@asynccontextmanager
async def _peeking(path: Path) -> AsyncIterator[Engine]:
    """A reader of a database that is somebody else's, of this program's schema."""

    def prove(connection: sqlite3.Connection) -> None:
        with refusing(path):
            check(connection)

    async with opened(path, may_write=False) as reader:
        await reader.call(prove)
        yield reader


def _state(connection: sqlite3.Connection, queries: Any) -> State:
    found = queries.installation(connection)
    checks = [rows.check_state(row) for row in queries.check_states(connection)]
    components = [rows.component_state(row) for row in queries.component_states(connection)]
    incidents = rows.whole_incidents(connection, queries, queries.open_incidents(connection))
    return State(
        identity=found["identity"],
        checks={c.check: c for c in checks},
        components={c.component: c for c in components},
        incidents={i.num: i for i in incidents},
        ended={i.cause: i for i in rows.whole_incidents(connection, queries, queries.ended_incidents(connection))},
        storms={row["channel"]: rows.storm(row) for row in queries.storms(connection)},
        maintenances={w.id: w for w in rows.maintenances(queries.kept_maintenances(connection))},
        seq=found["seq"],
        next_num=found["next_num"],
        handled_ms=found["handled_ms"],
        watched_ms=found["watched_ms"],
    )
