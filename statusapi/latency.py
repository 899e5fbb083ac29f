"""How long a check's good answers took, and how many were what, over any time: from sums, in few rows."""

from typing import TYPE_CHECKING, Any

from prober.errors import StoreError
from prober.options import show_duration
from statusapi.auth import Principal
from statusapi.problems import Problem, not_found

if TYPE_CHECKING:
    from prober.clock import Clock
    from prober.config import Config
    from prober.store import Store, Sum

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
STEPS_MS = (MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS)
USUAL_POINTS = 200
MOST_POINTS = 2_000
MOST_SUMS = 50_000  # of a minute, hour or day, that are read for one answer
QUANTILES = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}


class Latency:
    """Answers for whom it concerns."""

    def __init__(self, config: "Config", store: "Store", clock: "Clock") -> None:
        self._config = config
        self._store = store
        self._clock = clock

    def follow(self, config: "Config") -> None:
        """Speak of another configuration from now on."""
        self._config = config

    async def of(
        self, principal: Principal, id_: str, from_ms: int | None, to_ms: int | None, step_ms: int | None
    ) -> dict[str, Any]:
        """A check's answers in steps of that length, from the whole step that from_ms is in; without these the last
        day, in some 200 points or fewer. Moments are ms; points without an answer are left out. Raises Problem.
        """
        check = self._config.checks.get(id_)
        component = None if check is None else self._config.components[check.component]
        if component is None or not principal.may_see(self._config.sites[component.site].account):
            raise not_found()
        to_ms = self._clock.now_ms() if to_ms is None else to_ms
        from_ms = to_ms - DAY_MS if from_ms is None else from_ms
        step_ms = _usual_step_ms(to_ms - from_ms) if step_ms is None else step_ms
        _prove(from_ms, to_ms, step_ms)
        from_ms -= from_ms % step_ms
        try:
            found = await self._store.rollups.between(id_, from_ms, to_ms, step_ms)
            whole = await self._store.rollups.between(id_, from_ms, to_ms, _whole_ms(from_ms, to_ms, step_ms))
        except StoreError as error:
            raise Problem(503, "store", f"The history can't be read now: {error}.") from None
        return {
            "check": id_,
            "start_ms": from_ms,
            "end_ms": to_ms,
            "step": show_duration(step_ms),
            "points": [{"at_ms": one.start_ms, **_point(one)} for one in found],
            "total": _point(whole[0]) if whole else None,
        }


def _usual_step_ms(span_ms: int) -> int:
    return next((ms for ms in STEPS_MS if span_ms <= ms * USUAL_POINTS), STEPS_MS[-1])


def _whole_ms(from_ms: int, to_ms: int, step_ms: int) -> int:
    """One step that has it all, and is read from the same sums."""
    return -(-(to_ms - from_ms) // step_ms) * step_ms


def _prove(from_ms: int, to_ms: int, step_ms: int) -> None:
    if not 0 <= from_ms < to_ms:
        raise Problem(400, "field", "from: expected a moment from 1970 on that is before `to`")
    if step_ms % MINUTE_MS:
        raise Problem(400, "field", 'step: expected whole minutes, such as "5m" or "1h"')
    if to_ms - from_ms > MOST_POINTS * step_ms:
        raise Problem(400, "field", f"step: expected one that makes at most {MOST_POINTS} points")
    sum_ms = next(ms for ms in (DAY_MS, HOUR_MS, MINUTE_MS) if step_ms % ms == 0)
    if to_ms - from_ms > MOST_SUMS * sum_ms:
        raise Problem(400, "field", "step: expected whole hours or whole days for so long a time")


def _point(one: "Sum") -> dict[str, Any]:
    quantiles = {name: one.took.quantile(share) for name, share in QUANTILES.items()}
    return {
        "up": one.up,
        "degraded": one.degraded,
        "down": one.down,
        "unknown": one.unknown,
        **{name: None if took_us is None else round(took_us / 1000, 3) for name, took_us in quantiles.items()},
    }
