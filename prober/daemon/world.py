"""What applications may look at of a daemon."""

from contextlib import ExitStack
from dataclasses import dataclass, field

from prober.clock import Clock
from prober.config import Config
from prober.core.model import Policy
from prober.daemon.hold import Hold
from prober.daemon.meters import Meters
from prober.daemon.pings import Pings
from prober.record import Recorder
from prober.store import Store


@dataclass
class World:
    """Live state, store and figures of a daemon under one configuration; a reload puts another in its place.

    ended: what applications want to be done once theirs has been replaced. pings: takes reports of jobs.
    """

    config: Config
    policy: Policy
    recorder: Recorder
    store: Store
    clock: Clock
    meters: Meters
    is_started: bool = False
    hold: Hold = field(default_factory=Hold)
    ended: ExitStack = field(default_factory=ExitStack)
    pings: Pings = field(init=False)

    def __post_init__(self) -> None:
        self.pings = Pings(self.recorder, self.clock)

    def not_ready(self) -> str | None:
        """Why the daemon is not ready, in one sentence; None if it is."""
        if not self.is_started:
            return "the schedule is not armed yet"
        return self.recorder.trouble or self.hold.reason
