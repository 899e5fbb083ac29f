"""What applications may look at of a daemon."""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from prober.clock import Clock
from prober.config import Config
from prober.core.policy import Policy
from prober.daemon.adhoc import AdHoc
from prober.daemon.alert_path import Drills
from prober.daemon.hold import Hold
from prober.daemon.meters import Meters
from prober.daemon.pings import Pings
from prober.record import Recorder
from prober.store import Store


async def _nothing() -> None:
    """What a daemon does about changes before it has started."""


@dataclass
class Hook:
    """What to call when something has changed; returns once that holds. Raises ProberError if it does not."""

    call: Callable[[], Awaitable[None]] = _nothing


async def _unread() -> str:
    return "the daemon has not started yet"


@dataclass
class Reread:
    """What to call to have the configuration file read again; says what came of it. Raises ProberError if nothing."""

    call: Callable[[], Awaitable[str]] = _unread


@dataclass
class Eyes:
    """What to call to have a check probed now; does nothing until the daemon has started."""

    call: Callable[[str], None] = lambda _: None


@dataclass
class World:
    """Live state, store and figures of a daemon under one configuration; a reload puts another in its place.

    config: what holds; declared: as much of it as stands in the file. ended: what applications want to be done once
    theirs has been replaced. followers: what they want to be told when another configuration holds that their
    application lives on with. remade: to be called when objects have been made, reread: to have the configuration
    file read again. measured: to be called now and then, to have shown what is measured. eyes: to be called to have a
    check probed now. pings: takes reports of jobs. adhoc: probes on demand. drills: begins drills of channels.
    """

    config: Config
    declared: Config
    policy: Policy
    recorder: Recorder
    store: Store
    clock: Clock
    meters: Meters
    is_started: bool = False
    hold: Hold = field(default_factory=Hold)
    ended: ExitStack = field(default_factory=ExitStack)
    followers: list[Callable[[Config], None]] = field(default_factory=list)
    remade: Hook = field(default_factory=Hook)
    reread: Reread = field(default_factory=Reread)
    measured: Hook = field(default_factory=Hook)
    eyes: Eyes = field(default_factory=Eyes)
    pings: Pings = field(init=False)
    adhoc: AdHoc = field(init=False)
    drills: Drills = field(init=False)

    def __post_init__(self) -> None:
        self.pings = Pings(self.recorder, self.clock)
        self.adhoc = AdHoc(self.config, self.clock)
        self.drills = Drills(lambda: self.config, self.store, self.clock)

    def not_ready(self) -> str | None:
        """Why the daemon is not ready, in one sentence; None if it is."""
        if not self.is_started:
            return "the schedule is not armed yet"
        return self.recorder.trouble or self.hold.reason
