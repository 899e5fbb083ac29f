"""Would people be told? Each channel is looked at, and what is found is judged like the answers of a check.

A channel is broken if it is disabled, if nothing has arrived for a while, if a notice has waited for as long, or if its
latest drill has not arrived in time. The alert path is degraded while some are broken, down while all of them are. It
is the component `@alerts` of the site `@self`, beside our own trouble: it has one incident, which every channel that
works is told of, and stands on no page.
"""

from collections.abc import Sequence
from typing import NamedTuple

from prober.core.model import Observation, Outcome
from prober.core.policy import CheckPolicy, ComponentPolicy, Need
from prober.core.reason import Reason

ALERTS = "@alerts"  # the id of the component, and of the check that feeds it
ALERTS_NAME = "Alert path"
BROKEN_MS = 900_000  # trouble of a channel that has lasted so long is told
DRILL_MS = 300_000  # a drill that takes longer has failed
_NAMED = 5


class Line(NamedTuple):
    """A channel as it stands. failing_ms, disabled_ms, waiting_ms: since when; None = it does not.

    drill: the id of its latest drill, "" = there was none; drilled_ms: when that was begun; arrived: whether it has
    arrived, None = it is still under way.
    """

    channel: str
    failing_ms: int | None = None
    disabled_ms: int | None = None
    waiting_ms: int | None = None
    drill: str = ""
    drilled_ms: int = 0
    arrived: bool | None = None

    def broken(self, now_ms: int) -> str:
        """What is wrong with it, in a few words; "" if nothing is."""
        if self.disabled_ms is not None:
            return "is disabled"
        if self.failing_ms is not None and now_ms - self.failing_ms >= BROKEN_MS:
            return f"has taken nothing for {(now_ms - self.failing_ms) // 60_000} minutes"
        if self.waiting_ms is not None and now_ms - self.waiting_ms >= BROKEN_MS:
            return f"has had a notice waiting for {(now_ms - self.waiting_ms) // 60_000} minutes"
        if self.drill and self.arrived is not True and (self.arrived is False or now_ms - self.drilled_ms > DRILL_MS):
            return "has not passed its latest drill"
        return ""

    def drill_is_due(self, now_ms: int, every_ms: int) -> bool:
        """Whether another drill should begin: never while one is under way."""
        if self.disabled_ms is not None or (self.drill and self.arrived is None):
            return False
        return not self.drill or not 0 <= now_ms - self.drilled_ms < every_ms


def check(look_every_ms: int) -> CheckPolicy:
    """The check that feeds the component."""
    return CheckPolicy(ALERTS, ALERTS, look_every_ms, down=Need(2), degraded=Need(2), up=Need(2))


def component(site: str) -> ComponentPolicy:
    """The component, which stands on the site of our own."""
    return ComponentPolicy(ALERTS, site, ALERTS_NAME, (ALERTS,))


def observation(lines: Sequence[Line], now_ms: int) -> Observation:
    """What these channels amount to; with none there is nobody to be told, and nothing to be wrong."""
    wrong = [f"{line.channel} {why}" for line in lines if (why := line.broken(now_ms))]
    if not wrong:
        return Observation(ALERTS, now_ms, now_ms, 0, Outcome.UP)
    outcome = Outcome.DOWN if len(wrong) == len(lines) else Outcome.DEGRADED
    more = f", and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
    return Observation(
        ALERTS, now_ms, now_ms, 0, outcome, Reason.SELF_ALERTS, f"channel {', '.join(wrong[:_NAMED])}{more}"
    )
