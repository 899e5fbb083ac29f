"""The outbox: messages owed, and every attempt to deliver them."""

import sqlite3
from collections.abc import Container, Iterable, Sequence
from typing import Any, NamedTuple

from prober.core.alert_path import Line
from prober.core.model import Notice, NoticeReason
from prober.store import chain, rows
from prober.store.engine import Engine


class Pending(NamedTuple):
    """A notice that is owed. attempts: made so far; next_ms: not to be tried again before.

    owed_ms: since when: its moment, or when it was asked to be sent again. tells: earlier ones that it stands for.
    """

    notice: Notice
    attempts: int
    next_ms: int
    owed_ms: int = 0
    tells: int = 0


class Entry(NamedTuple):
    """What has become of a notice. progress: pending, delivered or failed. told_by: the notice that stands for it.

    error: why the latest attempt did not arrive; None if it did, or there was none.
    """

    id: str
    subscription: str
    channel: str
    reason: str
    at_ms: int
    site: str
    stream: str
    progress: str
    attempts: int
    next_ms: int
    told_by: str | None
    replayed_ms: int | None
    error: str | None = None


class ChannelState(NamedTuple):
    """What is known of a channel's trouble.

    failing_ms: since when nothing has arrived, None if the last attempt arrived. disabled_ms: since when nothing is
    sent, None if it is. why: the last failure.
    """

    id: str
    failing_ms: int | None = None
    disabled_ms: int | None = None
    why: str = ""


class Attempt(NamedTuple):
    """One attempt to deliver a notice, ended. error: why it did not arrive, None if it did.

    next_ms: when to try again; None = never again: it is delivered, or given up.
    """

    notice: str
    attempt: int
    at_ms: int
    took_ms: int
    status: int | None
    error: str | None
    next_ms: int | None

    @property
    def progress(self) -> str:
        if self.next_ms is not None:
            return "pending"
        return "delivered" if self.error is None else "failed"


class Outbox:
    """What is owed and what was tried; part of the store."""

    def __init__(self, engine: Engine, queries: Any) -> None:
        self._engine = engine
        self._queries = queries

    async def pending(self, channel: str, limit: int) -> list[Pending]:
        """The oldest `limit` notices owed on a channel, in the order they were decided."""

        def read(connection: sqlite3.Connection) -> list[Pending]:
            found = self._queries.pending_notices(connection, channel=channel, limit=limit)
            return [Pending(rows.notice(row), row["attempts"], row["next_ms"]) for row in found]

        return await self._engine.call(read)

    async def ready(self, channel: str, now_ms: int, longest_ms: int, limit: int) -> list[Pending]:
        """The first notice owed of each stream, if it may be tried now; those never tried first.

        longest_ms: one that waits longer than this does so because the clock was set back, and may be tried.
        """
        asked = {"channel": channel, "now_ms": now_ms, "longest_ms": longest_ms, "limit": limit}

        def read(connection: sqlite3.Connection) -> list[Pending]:
            found = self._queries.ready_notices(connection, **asked)
            return [
                Pending(rows.notice(row), row["attempts"], row["next_ms"], row["owed_ms"], row["tells"])
                for row in found
            ]

        return await self._engine.call(read)

    async def lasting(self, channel: str) -> list[Pending]:
        """The latest notice that has arrived on a channel of each thing that lasts, in the order of decisions."""

        def read(connection: sqlite3.Connection) -> list[Pending]:
            found = self._queries.lasting_notices(connection, channel=channel)
            return [Pending(rows.notice(row), row["attempts"], row["next_ms"]) for row in found]

        return await self._engine.call(read)

    async def standing(self, channel: str) -> tuple[int, int]:
        """How many notices a channel is owed, and how many of its were given up."""

        def read(connection: sqlite3.Connection) -> tuple[int, int]:
            queries = self._queries
            counted = (queries.count_pending, queries.count_failed)
            owed, failed = (int(count(connection, channel=channel)["notices"]) for count in counted)
            return owed, failed

        return await self._engine.call(read)

    async def fold(self, first: Notice, ends: Container[NoticeReason]) -> int:
        """Let the latest owed notice of the same stream that is such an end tell all that are owed before it, from
        `first` on; how many it then tells.
        """
        key = {"channel": first.channel, "stream": first.stream, "subscription": first.subscription}

        def write(connection: sqlite3.Connection) -> int:
            owed = [(row["id"], row["reason"]) for row in self._queries.pending_in_stream(connection, **key)]
            last = max((n for n, (_, reason) in enumerate(owed) if NoticeReason(reason) in ends), default=0)
            for id_, _ in owed[:last]:
                self._queries.fold_notice(connection, id=id_, told_by=owed[last][0])
            chain.append(connection, first.at_ms, ("notice",))
            return last

        return await self._engine.transact(write)

    async def give_up(self, channel: str, before_ms: int) -> int:
        """Give up what a channel has been owed since before a moment; how many notices that is."""

        def write(connection: sqlite3.Connection) -> int:
            gone: int = self._queries.give_up_notices(connection, channel=channel, before_ms=before_ms)
            chain.append(connection, before_ms, ("notice",))
            return gone

        return await self._engine.transact(write)

    async def replay(self, notice: str, at_ms: int) -> bool:
        """Owe a notice again that was delivered or given up; whether there was such a one."""

        def write(connection: sqlite3.Connection) -> bool:
            is_owed = bool(self._queries.replay_notice(connection, id=notice, at_ms=at_ms))
            chain.append(connection, at_ms, ("notice",))
            return is_owed

        return await self._engine.transact(write)

    async def entries(self, channel: str | None, progress: str | None, limit: int) -> list[Entry]:
        """The newest notices, newest first; None = whatever it is."""
        asked = {"channel": channel, "progress": progress, "limit": limit}

        def read(connection: sqlite3.Connection) -> list[Entry]:
            return [Entry(**dict(row)) for row in self._queries.notices(connection, **asked)]

        return await self._engine.call(read)

    async def entry(self, notice: str) -> Entry | None:
        """What has become of one notice; None if there is none with that id."""

        def read(connection: sqlite3.Connection) -> Entry | None:
            row = self._queries.one_notice(connection, id=notice)
            return None if row is None else Entry(**dict(row))

        return await self._engine.call(read)

    async def channels(self) -> dict[str, ChannelState]:
        """What is known of the trouble of all channels that have had any."""

        def read(connection: sqlite3.Connection) -> dict[str, ChannelState]:
            return {row["id"]: ChannelState(**dict(row)) for row in self._queries.channels(connection)}

        return await self._engine.call(read)

    async def channel(self, id_: str) -> ChannelState:
        """What is known of one channel's trouble."""

        def read(connection: sqlite3.Connection) -> ChannelState:
            row = self._queries.channel(connection, id=id_)
            return ChannelState(id_) if row is None else ChannelState(**dict(row))

        return await self._engine.call(read)

    async def put_channel(self, state: ChannelState, notices: Sequence[Notice] = ()) -> None:
        """Write down a channel's trouble, and owe notices that tell of it, as one."""

        def write(connection: sqlite3.Connection) -> None:
            self._queries.put_channel(connection, **state._asdict())
            self._owe(connection, notices)

        await self._engine.transact(write)

    async def owe(self, notices: Sequence[Notice]) -> None:
        """Owe notices that no decision owes. Those that are owed already are left as they are."""
        await self._engine.transact(lambda connection: self._owe(connection, notices))

    def _owe(self, connection: sqlite3.Connection, notices: Sequence[Notice]) -> None:
        for notice in notices:
            self._queries.owe_own_notice(connection, **rows.notice_row(notice, 0))
            chain.append(connection, notice.at_ms, ("notice",))

    async def drill(self, notice: Notice) -> None:
        """Owe a notice that shows whether its channel works; from now on it is the channel's latest drill."""

        def write(connection: sqlite3.Connection) -> None:
            self._owe(connection, [notice])
            self._queries.put_drill(connection, id=notice.channel, drill=notice.id)

        await self._engine.transact(write)

    async def lines(self, channels: Iterable[str]) -> list[Line]:
        """How these channels stand, in their order."""
        states, depths = await self.channels(), await self.depths()

        def read(connection: sqlite3.Connection) -> dict[str, Any]:
            return {row["id"]: row for row in self._queries.drills(connection)}

        drills = await self._engine.call(read)
        return [_line(id_, states.get(id_), depths.get(id_), drills.get(id_)) for id_ in channels]

    async def depths(self) -> dict[str, tuple[int, int]]:
        """channel -> (how many notices are owed, the oldest one's moment), of channels that are owed any."""

        def read(connection: sqlite3.Connection) -> dict[str, tuple[int, int]]:
            found = self._queries.pending_channels(connection)
            return {row["channel"]: (row["depth"], row["oldest_ms"]) for row in found}

        return await self._engine.call(read)

    async def tried(self, attempt: Attempt) -> None:
        """Write down an attempt and what comes of the notice, durably. Writing it again changes nothing."""
        row = attempt._asdict() | {"progress": attempt.progress}

        def write(connection: sqlite3.Connection) -> None:
            self._queries.add_delivery(connection, **row)
            self._queries.advance_notice(connection, **(row | {"next_ms": attempt.next_ms or attempt.at_ms}))
            if attempt.progress == "delivered":
                self._queries.drop_mailed(connection, notice=attempt.notice)
            chain.append(connection, attempt.at_ms, ("notice", "delivery"))

        await self._engine.transact(write, "tried")

    async def attempts(self, notice: str) -> list[Attempt]:
        """All attempts for a notice, oldest first; next_ms is not kept."""

        def read(connection: sqlite3.Connection) -> list[Attempt]:
            return [Attempt(**dict(row), next_ms=None) for row in self._queries.deliveries(connection, notice=notice)]

        return await self._engine.call(read)

    async def counts(self) -> dict[tuple[str, str], int]:
        """(channel, progress) -> how many notices; progress is pending, delivered or failed."""

        def read(connection: sqlite3.Connection) -> dict[tuple[str, str], int]:
            found = self._queries.count_notices(connection)
            return {(row["channel"], row["progress"]): row["notices"] for row in found}

        return await self._engine.call(read)


_ARRIVED = {"pending": None, "delivered": True, "failed": False}


def _line(channel: str, state: ChannelState | None, depth: tuple[int, int] | None, drill: Any) -> Line:
    state = state or ChannelState(channel)
    waiting_ms = None if depth is None else depth[1]
    line = Line(channel, state.failing_ms, state.disabled_ms, waiting_ms)
    if drill is None:
        return line
    return line._replace(drill=drill["drill"], drilled_ms=drill["at_ms"], arrived=_ARRIVED[drill["progress"]])
