"""How much of a time a component was up, counted as the asker wants, with the intervals that the figure comes from."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from prober.core.hours import Hours, parsed
from prober.core.uptime import USUAL, Accounting, Uptime, Window, turns, uptime
from prober.errors import StoreError
from statusapi.auth import Principal
from statusapi.problems import Problem, moment_ms, not_found

if TYPE_CHECKING:
    from prober.clock import Clock
    from prober.config import Config
    from prober.store import Store

DAY_MS = 86_400_000
USUAL_MS = 30 * DAY_MS
LONGEST_MS = 366 * DAY_MS
MOST_INTERVALS = 10_000

FIELDS = ("from", "to", "maintenance", "unknown", "degraded_weight", "partial_weight", "hours", "zone")
# What becomes of time that is neither up nor down by itself.
AS = {"out": None, "up": 1.0, "down": 0.0}


class Asked(NamedTuple):
    """What is counted, and how."""

    window: Window
    accounting: Accounting
    hours: Hours | None


class Uptimes:
    """Answers for whom it concerns, from stored transitions."""

    def __init__(self, config: "Config", store: "Store", clock: "Clock") -> None:
        self._config = config
        self._store = store
        self._clock = clock

    def follow(self, config: "Config") -> None:
        """Speak of another configuration from now on."""
        self._config = config

    async def component(self, principal: Principal, id_: str, query: Mapping[str, str]) -> dict[str, Any]:
        """The uptime of a component; query: see FIELDS. Moments are ms. Raises Problem."""
        component = self._config.components.get(id_)
        if component is None or not principal.may_see(self._config.sites[component.site].account):
            raise not_found()
        what = asked(query, self._config.sites[component.site].zone, self._clock.now_ms())
        try:
            changes = await self._store.changes_of_component(id_)
        except StoreError as error:
            raise Problem(503, "store", f"The history can't be read now: {error}.") from None
        counted = uptime(turns(changes), *what)
        if len(counted.spans) > MOST_INTERVALS:
            text = f"from: expected a time with at most {MOST_INTERVALS} intervals, found {len(counted.spans)}"
            raise Problem(400, "field", text)
        return {"component": id_, "name": component.name} | _told(what, counted)


def asked(query: Mapping[str, str], zone: str, now_ms: int) -> Asked:
    """What the fields of a request ask for. zone: of the site. Raises Problem."""
    for field in query:
        if field not in FIELDS:
            raise _wrong(field[:40], f"one of the fields {', '.join(FIELDS)}")
    to_ms = moment_ms("to", query["to"]) if "to" in query else now_ms
    from_ms = moment_ms("from", query["from"]) if "from" in query else max(0, to_ms - USUAL_MS)
    if to_ms > now_ms:
        raise _wrong("to", "a moment that has passed")
    if not 0 <= from_ms < to_ms or to_ms - from_ms > LONGEST_MS:
        raise _wrong("from", "a moment from 1970 on, before to, by at most 366 days")
    accounting = Accounting(
        degraded=_weight(query, "degraded_weight", USUAL.degraded),
        partial=_weight(query, "partial_weight", USUAL.partial),
        maintenance=_as(query, "maintenance"),
        unknown=_as(query, "unknown"),
    )
    return Asked(Window(from_ms, to_ms), accounting, _hours(query, zone))


def _weight(query: Mapping[str, str], field: str, usual: float | None) -> float | None:
    if field not in query:
        return usual
    try:
        weight = float(query[field])
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= 1:
        raise _wrong(field, "a number from 0 to 1")
    return weight


def _as(query: Mapping[str, str], field: str) -> float | None:
    word = query.get(field, "out")
    if word not in AS:
        raise _wrong(field, f"one of {', '.join(AS)}")
    return AS[word]


def _hours(query: Mapping[str, str], zone: str) -> Hours | None:
    zone = query.get("zone", zone)
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _wrong("zone", "a time zone such as Europe/Berlin") from None
    if "hours" not in query:
        return None
    try:
        return parsed(query["hours"], zone)
    except ValueError:
        raise _wrong("hours", 'hours of service such as "Mo-Fr 08:00-18:00, Sa 09:00-13:00"') from None


def _wrong(field: str, expected: str) -> Problem:
    return Problem(400, "field", f"{field}: expected {expected}")


def _told(what: Asked, counted: Uptime) -> dict[str, Any]:
    return {
        "from_ms": what.window.start_ms,
        "to_ms": what.window.end_ms,
        "uptime": counted.share,
        "up_s": counted.up_ms / 1000,
        "judged_s": counted.judged_ms / 1000,
        "weights": what.accounting._asdict(),
        "intervals": [
            {
                "start_ms": span.start_ms,
                "end_ms": span.end_ms,
                "lasted_s": span.lasted_ms / 1000,
                "status": span.status or "unknown",
                "weight": what.accounting.weight(span.status),
            }
            for span in counted.spans
        ],
    }
