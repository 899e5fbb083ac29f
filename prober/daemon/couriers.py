"""The couriers of all channels: who is at work, who is to end, and who waits for the end of another.

No channel ever has two at work: one whose options have changed gets its new courier once the attempts of the old one
have ended. Until then nothing of that channel is sent, and everything of the others is.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import anyio
from anyio.abc import TaskGroup

from prober.config import Config, subscribable
from prober.core import ids
from prober.core.events import Decision
from prober.core.own import OWN
from prober.core.policy import Policy
from prober.daemon.mailing import Mailing
from prober.daemon.outbox import Courier
from prober.daemon.progress import Progress
from prober.daemon.sightings import Sightings
from prober.daemon.unpublished import hidden
from prober.daemon.world import World
from prober.notifiers import Notifier, Site

CLOSE_S = 5


class Couriers:
    """Starts and ends couriers in a task group."""

    def __init__(self, world: World, progress: Progress, tasks: TaskGroup) -> None:
        self._world = world
        self._progress = progress
        self._tasks = tasks
        self.config = world.config
        self._has_followed = False
        self._at_work: dict[str, Courier] = {}
        self._mailings: dict[str, Mailing] = {}  # of the channels to subscribers
        self._asking: set[str] = set()  # sites whose readers are asked by one of them
        self._ends: dict[str, anyio.Event] = {}  # of the latest courier of a channel, as long as it is to come

    def channels(self) -> list[str]:
        """Those that are served now."""
        return list(self._at_work)

    def look(self, decisions: Sequence[Decision]) -> None:
        """There is something new to deliver if these owe any notice."""
        if any(decision.notices for decision in decisions):
            for courier in self._at_work.values():
                courier.look()

    def follow(self, config: Config, policy: Policy, fresh: Mapping[str, Notifier]) -> None:
        """Serve the channels of this configuration from now on. fresh: senders of those that are new or changed."""
        self.config = config
        for id_ in [id_ for id_ in self._at_work if id_ in fresh or id_ not in config.channels]:
            self._at_work.pop(id_).retire()
            if id_ in self._mailings:
                self._mailings.pop(id_).retire()
        sites = {
            id_: Site(id_, ids.slug(f"site:{id_}"), site.name, site.url, site.language)
            for id_, site in config.sites.items()
        }
        sites[OWN] = Site(OWN, ids.slug(f"site:{OWN}"), "Prober", "")
        world = self._world
        sightings = Sightings(world.store, config, policy)
        says = {id_: sightings if one.evidence else None for id_, one in config.channels.items()}
        for id_, courier in self._at_work.items():
            courier.know(sites, policy.components, config.channels, says[id_])
        asking = subscribable(config)
        for site in self._asking - set(asking):
            world.meters.subscribers.remove(site)
        self._asking = set(asking)
        for id_, built in fresh.items():
            notifier = self._sender(id_, built)
            world.meters.begin(id_)
            renew_ms = config.channels[id_].renewed_every_ms()
            self._at_work[id_] = courier = Courier(
                id_,
                notifier,
                world.store,
                sites,
                policy.components,
                world.clock,
                world.meters,
                self._progress,
                renew_ms,
                config.channels[id_].timeout,
            )
            courier.know(sites, policy.components, config.channels, says[id_])
            if id_ in self._mailings:
                self._mailings[id_].parcel = courier.parcel
            if self._has_followed:
                courier.forgive()
            before, self._ends[id_] = self._ends.get(id_), anyio.Event()
            self._tasks.start_soon(self._carry, id_, courier, notifier, before, self._ends[id_])
        unseen = hidden(config)
        for id_, mailing in self._mailings.items():
            mailing.unseen = unseen
            mailing.sites = {site: sites[site] for site, channel in asking.items() if channel == id_}
        self._has_followed = True

    def _sender(self, id_: str, built: Notifier) -> Notifier:
        """What sends the notices of a channel that has become another one."""
        if not self.config.channels[id_].is_for_subscribers():
            return built
        world, part = self._world, f"outbox {id_}"
        tick = partial(self._progress.tick, part, self.config.channels[id_].timeout / 1000)
        self._mailings[id_] = mailing = Mailing(id_, built, world.store, world.clock, world.meters, tick)
        return mailing

    async def _carry(
        self, channel: str, courier: Courier, notifier: Notifier, before: anyio.Event | None, end: anyio.Event
    ) -> None:
        try:
            if before is not None:
                await before.wait()
            await self._world.hold.wait()
            async with anyio.create_task_group() as own:
                if isinstance(notifier, Mailing):
                    own.start_soon(notifier.keep_asking)
                    own.start_soon(notifier.keep_trying)
                await courier.run()
                own.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True), anyio.move_on_after(CLOSE_S):
                await notifier.aclose()
            end.set()
            if self._ends.get(channel) is end:  # nobody has taken over, or has ended before us
                del self._ends[channel]
                self._progress.forget(f"outbox {channel}")
                self._world.meters.end(channel)
