"""Fault points: named places at which tests kill the daemon, so that what a crash leaves is seen and not believed.

Off unless `prober run` finds PROBER_FAULT in its environment: "NAME:COUNT" kills the process, as `kill -9` does, when
it comes to that point for the COUNT-th time.
"""

import os
import signal
from collections.abc import Mapping

from prober.errors import ConfigError

POINTS = (
    *("judged.before", "judged.after"),  # the commit of decisions, with what waits beside them
    *("incident.before", "incident.after"),  # the same, where an incident is among what they change
    *("observed.before", "observed.after"),  # the commit of steady observations alone
    *("tried.before", "tried.after"),  # the commit of an attempt to deliver
    *("send.before", "send.after"),  # an attempt to deliver
)
AT_START = ("migrating", "migrated.before", "migrated.after")  # after each migration; the commit of all of them
VARIABLE = "PROBER_FAULT"

_left: dict[str, int] = {}  # point -> how often it is yet to be reached; empty but in tests


def arm(env: Mapping[str, str] = os.environ) -> str | None:
    """Read what to kill at, once, at the start; None = nothing, as always but in tests. Raises ConfigError."""
    wanted = env.get(VARIABLE)
    if wanted is None:
        return None
    name, _, count = wanted.partition(":")
    if name not in POINTS + AT_START or not count.isdecimal() or int(count) < 1:
        raise ConfigError(
            [f'{VARIABLE}: expected one of {", ".join(POINTS + AT_START)}, ":" and a count, found "{wanted}"']
        )
    _left[name] = int(count)
    return wanted


def reach(name: str) -> None:
    """The process has come to this point."""
    if not _left or name not in _left:
        return
    _left[name] -= 1
    if not _left[name]:
        os.kill(os.getpid(), signal.SIGKILL)
