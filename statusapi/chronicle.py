"""What happened long ago: incidents that the prepared pages no longer know, read from the store when asked for.

Answers are kept until the page changes, and only one question is asked at a time: a flood of readers costs the database
one reading of each month, and waits in a row for what nobody has asked for yet.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from zoneinfo import ZoneInfo

import anyio

from prober.core.made import deleted_work
from prober.core.model import Incident, MaintenanceState
from prober.core.uptime import day_of
from prober.errors import StoreError
from statusapi.bygone import as_it_was
from statusapi.nouns import IncidentView, PageView
from statusapi.problems import Problem, moment_ms
from statusapi.speeds import Speeds, read_speeds
from statusapi.views import RECENT, shown

if TYPE_CHECKING:
    from prober.clock import Clock
    from prober.config import Config
    from prober.store import Store

MOST = 500  # incidents of a month, the newest
KEPT = 500  # answers


class Month(NamedTuple):
    """A month of a page's history. earlier, later: such as "2026-10"; None where there is nothing more.

    incidents: those that began in it, newest first. start_ms, end_ms: of the month in the page's zone, end exclusive.
    """

    first: date
    start_ms: int
    end_ms: int
    earlier: str | None
    later: str | None
    incidents: tuple[IncidentView, ...]


class Chronicle:
    """The past of all pages."""

    def __init__(self, config: "Config", store: "Store", clock: "Clock") -> None:
        self._config = config
        self._store = store
        self._clock = clock
        self._lock = anyio.Lock()
        self._kept: dict[tuple[str, str], tuple[PageView, Any]] = {}

    def follow(self, config: "Config") -> None:
        """Speak of another configuration from now on."""
        self._config = config
        self._kept.clear()

    def _may_be_shown(self, incident: Incident) -> bool:
        """Whether nobody has deleted or hidden it."""
        is_deleted = ("deleted", str(incident.num)) in self._config.made
        return not is_deleted and not self._extra(incident.num).get("hidden_db")

    def _work_may_be_shown(self, work: MaintenanceState) -> bool:
        is_deleted = ("deleted", deleted_work(work.id)) in self._config.made
        return not is_deleted and not self._extra(work.num).get("hidden_db")

    def _extra(self, num: int) -> Mapping[str, Any]:
        """What some dialects know of the event of that number."""
        made = self._config.made.get(("events", str(num))) if num else None
        return {} if made is None else made.content

    async def month(self, page: PageView, name: str | None) -> Month | None:
        """The month of that name ("2026-11"; None: the one that runs); None if nothing can have happened in it."""
        today = day_of(self._clock.now_ms(), page.zone)
        wanted = today.replace(day=1) if name is None else _first(name)
        began = await self._began(page)
        if wanted is None or not began <= wanted <= today:
            return None

        async def read() -> Month:
            start_ms, end_ms = _starts_ms(wanted, page.zone), _starts_ms(_after(wanted), page.zone)
            found = await self._store.incidents_between(page.site, start_ms, end_ms, MOST)
            earlier = _name(wanted - timedelta(1)) if wanted > began else None
            later = _name(_after(wanted)) if _after(wanted) <= today else None
            return Month(
                wanted,
                start_ms,
                end_ms,
                earlier,
                later,
                tuple(shown(one, page, self._extra(one.num)) for one in found if self._may_be_shown(one)),
            )

        return cast("Month", await self._once(page, _name(wanted), read))

    async def incident(self, page: PageView, slug: str) -> IncidentView | None:
        """The incident of that slug, however old; None if there is none on this page."""
        known = page.incident(slug)
        if known is not None:
            return known

        async def read() -> IncidentView | None:
            found = await self._store.incident(page.site, slug)
            if found is None or not self._may_be_shown(found):
                return None
            return shown(found, page, self._extra(found.num))

        return cast("IncidentView | None", await self._once(page, f"incident:{slug}", read))

    def passed_ms(self, text: str) -> int:
        """The moment that a request asks about with `at`, to the second. Raises Problem unless it has passed."""
        at_ms = moment_ms("at", text)
        if not 0 <= at_ms <= self._clock.now_ms():
            raise Problem(400, "field", "at: expected a moment from 1970 on that has passed")
        return at_ms - at_ms % 1000

    async def page(self, page: PageView, at_ms: int) -> PageView:
        """The page as it was shown at a moment that has passed."""

        async def read() -> PageView:
            ids = [component.id for component in page.components]
            found = await self._store.incidents_known(page.site, at_ms, RECENT)
            known = await self._store.maintenances_known(page.site, at_ms, RECENT)
            works = filter(self._work_may_be_shown, known)
            changes = await self._store.archive.shown(ids, at_ms)
            return as_it_was(page, at_ms, changes, filter(self._may_be_shown, found), works, self._extra)

        return cast("PageView", await self._once(page, f"at:{at_ms}", read))

    async def speeds(self, page: PageView, component: str, span_ms: int, step_ms: int) -> Speeds:
        """How long the answers of a component's checks took, up to now; read anew 15 times a step. Raises Problem."""
        now_ms = self._clock.now_ms()
        end_ms = now_ms - now_ms % step_ms + step_ms
        checks = [id_ for id_, check in self._config.checks.items() if check.component == component]

        async def read() -> Speeds:
            try:
                return await read_speeds(self._store.rollups, checks, end_ms - span_ms, end_ms, step_ms)
            except StoreError as error:
                raise Problem(503, "store", f"The history can't be read now: {error}.") from None

        age = now_ms // (step_ms // 15)
        return cast("Speeds", await self._once(page, f"speeds:{component}:{step_ms}:{age}", read))

    async def _began(self, page: PageView) -> date:
        """The first day of the month in which the first incident began; of this month if there is none."""

        async def read() -> date:
            first_ms = await self._store.first_incident_ms(page.site)
            return day_of(self._clock.now_ms() if first_ms is None else first_ms, page.zone).replace(day=1)

        return cast("date", await self._once(page, "began", read))

    async def _once(self, page: PageView, key: str, read: Callable[[], Awaitable[object]]) -> object:
        async with self._lock:
            found = self._kept.get((page.site, key))
            if found is None or found[0] is not page:
                if len(self._kept) >= KEPT:
                    self._kept.clear()
                found = self._kept[page.site, key] = (page, await read())
            return found[1]


def _first(name: str) -> date | None:
    """The first day of "2026-11"."""
    try:
        return datetime.strptime(f"{name}-01", "%Y-%m-%d").date() if len(name) == 7 and name.isascii() else None  # noqa: DTZ007
    except ValueError:
        return None


def _name(day: date) -> str:
    return f"{day:%Y-%m}"


def _after(first: date) -> date:
    return (first + timedelta(31)).replace(day=1)


def _starts_ms(day: date, zone: str) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp() * 1000)
