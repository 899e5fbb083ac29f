"""Looks at ourselves every ten seconds, and has what it finds judged like an answer of a check."""

import logging
from collections import Counter
from typing import NamedTuple

import anyio

from prober.clock import Clock
from prober.core.model import Observation, Outcome
from prober.core.own import LOOK_EVERY_MS, OWN
from prober.core.reason import Owner, Reason
from prober.daemon.meters import Meters
from prober.record import Recorder

logger = logging.getLogger(__name__)

STALL_MS = 1_000  # a look that comes later by more shows that the loop stood still
OVERLOAD_MS = 5_000  # who waits longer for room is not probed in time, and that is our limit's fault
_NAMED = 3


class Trouble(NamedTuple):
    """What keeps us from judging."""

    reason: Reason
    detail: str


async def keep_honest(recorder: Recorder, clock: Clock, meters: Meters) -> None:
    """Never returns by itself."""
    while True:
        before_ns = clock.monotonic_ns()
        await anyio.sleep(LOOK_EVERY_MS / 1000)
        late_ms = (clock.monotonic_ns() - before_ns) // 1_000_000 - LOOK_EVERY_MS
        found = trouble(recorder, late_ms, meters.reload_trouble, meters.overload_ms())
        if found is not None and found.reason is Reason.SELF_OVERLOAD:
            logger.warning("overload: %s", found.detail)
        meters.own_trouble(found.reason if found else None)
        recorder.observe([observation(found, clock.now_ms())])


def observation(found: Trouble | None, at_ms: int) -> Observation:
    """The look as an answer: degraded while there is trouble."""
    if found is None:
        return Observation(OWN, at_ms, at_ms, 0, Outcome.UP)
    return Observation(OWN, at_ms, at_ms, 0, Outcome.DEGRADED, found.reason, found.detail)


def trouble(recorder: Recorder, late_ms: int, reload_trouble: str | None, overload_ms: int = 0) -> Trouble | None:
    """The gravest there is now; None if all is well.

    late_ms: by how much this look came too late. overload_ms: how long a probe has waited for the limit over all.
    """
    if recorder.trouble is not None:
        return Trouble(Reason.SELF_STORE, f"nothing can be written: {recorder.trouble}")
    if late_ms > STALL_MS:
        return Trouble(Reason.SELF_STALL, f"the loop stood still for {late_ms} ms")
    if overload_ms > OVERLOAD_MS:
        return Trouble(Reason.SELF_OVERLOAD, f"probes wait for {overload_ms} ms: the limit over all probes is reached")
    blind = [one for one in recorder.latest.values() if _is_ours(one)]
    if blind:
        reasons = Counter(one.reason for one in blind)
        ((reason, _),) = reasons.most_common(1)
        return Trouble(reason or Reason.SELF_INTERNAL, _which(blind))
    if reload_trouble is not None:
        return Trouble(Reason.SELF_CONFIG, f"the configuration was refused: {reload_trouble}")
    return None


def _is_ours(one: Observation) -> bool:
    return one.outcome is Outcome.UNKNOWN and one.reason is not None and one.reason.owner is Owner.SELF


def _which(blind: list[Observation]) -> str:
    more = f" and {len(blind) - _NAMED} more" if len(blind) > _NAMED else ""
    return f"not judged: {', '.join(one.check for one in blind[:_NAMED])}{more}"
