"""What is measured, brought to the pages now and then: how long answers took in the last day, and points of metrics.

Nothing is read while a reader waits. What came out as it was leaves the pages as they are.
"""

from typing import TYPE_CHECKING

from prober.core.made import Made
from statusapi.nouns import MetricView
from statusapi.speeds import Speeds, read_speeds
from statusapi.views import Views

if TYPE_CHECKING:
    from prober.clock import Clock
    from prober.config import Config
    from prober.store import Store

STEP_MS = 3_600_000
SPAN_MS = 24 * STEP_MS
LOOK_EVERY_MS = 5 * 60_000  # at what answers took; at metrics, whenever it is asked for
MOST_METRICS = 50  # of a site, in their order
MOST_POINTS = 60  # of a metric, the newest


class Measures:
    """Tells the views of one configuration."""

    def __init__(self, config: "Config", store: "Store", clock: "Clock", views: Views) -> None:
        self._config = config
        self._store = store
        self._clock = clock
        self._views = views
        self._speeds: dict[str, Speeds] = {}
        self._looked_at = -1

    def follow(self, config: "Config") -> None:
        """Speak of another configuration from now on."""
        self._config = config
        self._looked_at = -1

    async def refresh(self) -> None:
        """Read what may have become another, and show it. Raises StoreError."""
        look = self._clock.now_ms() // LOOK_EVERY_MS
        if look != self._looked_at:
            self._speeds = await self._day()
            self._looked_at = look
        self._views.measure(self._speeds, await self._metrics())

    async def _day(self) -> dict[str, Speeds]:
        """Of the components that have answered in the last day."""
        now_ms = self._clock.now_ms()
        end_ms = now_ms - now_ms % STEP_MS + STEP_MS
        checks: dict[str, list[str]] = {}
        for id_, check in self._config.checks.items():
            checks.setdefault(check.component, []).append(id_)
        found = {}
        for component, mine in checks.items():
            speeds = await read_speeds(self._store.rollups, mine, end_ms - SPAN_MS, end_ms, STEP_MS)
            if speeds.points:
                found[component] = speeds
        return found

    async def _metrics(self) -> dict[str, tuple[MetricView, ...]]:
        """Of each site those that are active and have a point, in their order."""
        found: dict[str, list[MetricView]] = {}
        for made in sorted(self._config.made.values(), key=lambda one: (one.content.get("order") or 0, one.num)):
            if made.section != "metrics" or not made.content.get("active", True):
                continue
            mine = found.setdefault(made.content["site"], [])
            if len(mine) < MOST_METRICS and (metric := await self._metric(made)) is not None:
                mine.append(metric)
        return {site: tuple(mine) for site, mine in found.items()}

    async def _metric(self, made: Made) -> MetricView | None:
        points = await self._store.made.points(made.id, 0, self._clock.now_ms(), MOST_POINTS)
        name, suffix = made.content.get("name") or made.id, made.content.get("suffix") or ""
        return MetricView(made.id, name, suffix, tuple(points)) if points else None
