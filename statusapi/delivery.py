"""What has become of notices and channels, and what an operator may ask of them: to send again, to serve again."""

from typing import TYPE_CHECKING, Any

from prober.config import operators_channels
from prober.core.alert_path import ALERTS, Line
from prober.core.model import Status
from prober.errors import StoreError
from prober.store import ChannelState, Entry
from statusapi.auth import Principal
from statusapi.problems import Problem, not_found

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from prober.clock import Clock
    from prober.config import Config
    from prober.core.model import Notice
    from prober.record import Recorder
    from prober.store import Store

LISTED = 200
PROGRESS = ("pending", "delivered", "failed")


class Delivery:
    """Answers for whom it concerns: notices of a site for the account that owns it, channels for the admin.

    drill: sends a notice marked as a test to a channel; its id. Raises StoreError.
    """

    def __init__(
        self,
        config: "Config",
        recorder: "Recorder",
        store: "Store",
        clock: "Clock",
        drill: "Callable[[str], Awaitable[str]]",
    ) -> None:
        self._config = config
        self._recorder = recorder
        self._store = store
        self._clock = clock
        self._drill = drill

    def follow(self, config: "Config") -> None:
        """Speak of another configuration from now on."""
        self._config = config

    async def notices(self, principal: Principal, channel: str | None, progress: str | None) -> list[dict[str, Any]]:
        """The newest notices, newest first. Moments are ms. Raises Problem."""
        if progress not in (None, *PROGRESS):
            raise Problem(400, "field", f"progress: expected one of {', '.join(PROGRESS)}")
        try:
            found = await self._store.outbox.entries(channel, progress, LISTED)
        except StoreError as error:
            raise _unreadable(error) from None
        return [self._told(entry) for entry in found if self._may_see(principal, entry)]

    async def notice(self, principal: Principal, id_: str) -> dict[str, Any]:
        """One notice with every attempt to deliver it. Raises Problem."""
        try:
            entry = await self._store.outbox.entry(id_)
            attempts = await self._store.outbox.attempts(id_)
        except StoreError as error:
            raise _unreadable(error) from None
        if entry is None or not self._may_see(principal, entry):
            raise not_found()
        deliveries = [
            {"at_ms": one.at_ms, "took_ms": one.took_ms, "status": one.status, "error": one.error} for one in attempts
        ]
        return self._told(entry) | {"deliveries": deliveries}

    async def replay(self, principal: Principal, id_: str) -> dict[str, Any]:
        """Owe a notice again that was delivered or given up, under the same id. Raises Problem."""
        found = await self.notice(principal, id_)
        if found["channel"] not in self._config.channels:
            raise Problem(409, "channel", f"The channel {found['channel']} is not configured.")
        try:
            is_owed = await self._store.outbox.replay(id_, self._clock.now_ms())
        except StoreError as error:
            raise _unreadable(error) from None
        if not is_owed:
            raise Problem(409, "pending", "It is still owed, and will be sent by itself.")
        return await self.notice(principal, id_)

    async def channels(self, principal: Principal) -> list[dict[str, Any]]:
        """The channels and their trouble, in the order of the configuration. Raises Problem."""
        _only_admin(principal)
        outbox = self._store.outbox
        try:
            states, depths, counts = await outbox.channels(), await outbox.depths(), await outbox.counts()
        except StoreError as error:
            raise _unreadable(error) from None
        return [
            {
                "id": id_,
                "kind": options.kind,
                "target": options.target(),
                "owed": depths.get(id_, (0, 0))[0],
                "failed": counts.get((id_, "failed"), 0),
                "failing_ms": state.failing_ms,
                "disabled_ms": state.disabled_ms,
                "why": self._config.redact(state.why),
            }
            for id_, options in self._config.channels.items()
            for state in (states.get(id_, ChannelState(id_)),)
        ]

    async def enable(self, principal: Principal, id_: str) -> dict[str, Any]:
        """Serve a channel again that was disabled. Raises Problem."""
        _only_admin(principal)
        if id_ not in self._config.channels:
            raise not_found()
        try:
            await self._store.outbox.put_channel(ChannelState(id_))
        except StoreError as error:
            raise _unreadable(error) from None
        return next(one for one in await self.channels(principal) if one["id"] == id_)

    async def test(self, principal: Principal, id_: str) -> dict[str, Any]:
        """Owe a channel a notice marked as a test, from now on its latest drill. Raises Problem."""
        _only_admin(principal)
        if id_ not in self._config.channels:
            raise not_found()
        try:
            notice = await self._drill(id_)
        except StoreError as error:
            raise _unreadable(error) from None
        return await self.notice(principal, notice)

    async def owe(self, notices: "Sequence[Notice]") -> None:
        """Owe notices that somebody asked for, beside those that subscriptions want. Raises Problem."""
        try:
            await self._store.outbox.owe(notices)
        except StoreError as error:
            raise _unreadable(error) from None

    async def alert_path(self, principal: Principal) -> dict[str, Any]:
        """Whether people would be told: what is shown of it, and how each of the operator's channels stands."""
        _only_admin(principal)
        try:
            lines = await self._store.outbox.lines(operators_channels(self._config))
        except StoreError as error:
            raise _unreadable(error) from None
        state, now_ms = self._recorder.shown.components.get(ALERTS), self._clock.now_ms()
        return {
            "component": ALERTS,
            "status": state.status if state is not None else Status.OPERATIONAL,
            "since_ms": state.since_ms if state is not None else None,
            "drill_every_s": None if (every := self._config.daemon.drill_every) is None else every // 1000,
            "channels": [_line(line, now_ms) for line in lines],
        }

    def _told(self, entry: Entry) -> dict[str, Any]:
        error = None if entry.error is None else self._config.redact(entry.error)
        return entry._replace(error=error)._asdict()

    def _may_see(self, principal: Principal, entry: Entry) -> bool:
        site = self._config.sites.get(entry.site)
        return principal.is_admin or (site is not None and principal.may_see(site.account))


def _line(line: Line, now_ms: int) -> dict[str, Any]:
    drill = {"notice": line.drill, "at_ms": line.drilled_ms, "arrived": line.arrived} if line.drill else None
    return {"id": line.channel, "broken": line.broken(now_ms) or None, "waiting_ms": line.waiting_ms, "drill": drill}


def _only_admin(principal: Principal) -> None:
    if not principal.is_admin:
        raise Problem(403, "authorization", "Channels are the admin's.")


def _unreadable(error: StoreError) -> Problem:
    return Problem(503, "store", f"The outbox can't be read or written now: {error}.")
