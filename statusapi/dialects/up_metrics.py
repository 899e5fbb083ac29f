"""Metrics of the UP dialect: time series of a site.

Each component that is probed has two of its own, `<component>:response_time` in ms and `<component>:uptime` in per cent
of each day; others are made, and are fed by whoever puts points to them.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from starlette.requests import Request

from prober.core.made import Made
from prober.store.made import Point
from statusapi.auth import Principal
from statusapi.dialects.up_objects import Known, Object, pages
from statusapi.dialects.wire import moment
from statusapi.nouns import ComponentView
from statusapi.problems import Problem

RESPONSE, UPTIME = ":response_time", ":uptime"
POINTS = 1000  # of a metric that is asked for by itself
POINTS_IN_LIST = 100
LATEST_MS = 2**53


class Span(NamedTuple):
    """Which points are asked for: both moments inclusive, the newest of them."""

    from_ms: int
    to_ms: int
    limit: int


def span(request: Request, limit: int) -> Span:
    """?from= and ?to= in ms since the epoch. Raises Problem."""
    return Span(_ms(request, "from", 0), _ms(request, "to", LATEST_MS), limit)


def _ms(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise Problem(400, "field", f"{name}: expected milliseconds since the epoch")
    return int(text)


class Series(NamedTuple):
    """A metric without its points. made: None if the prober feeds it."""

    id: str
    site: str
    account: str | None
    component: ComponentView | None
    made: Made | None


def found(known: Known, principal: Principal) -> Iterator[Series]:
    """Those that whoever asks may see: made ones first, newest first."""
    theirs = {page.site: page for page in pages(known.views, principal)}
    for made in reversed(known.catalog.all("metrics")):
        page = theirs.get(made.content["site"])
        if page is not None:
            yield Series(made.id, page.site, page.account, None, made)
    checked = {check.component for check in known.catalog.config.checks.values()}
    for page in theirs.values():
        for component in page.components:
            if component.id in checked:
                for end in (RESPONSE, UPTIME):
                    yield Series(component.id + end, page.site, page.account, component, None)


def is_built_in(id_: str) -> bool:
    """Whether ids like that are those of metrics that the prober feeds."""
    return id_.endswith((RESPONSE, UPTIME))


async def told(known: Known, series: Series, asked: Span) -> Object:
    """The metric with its points, oldest first."""
    points = await _points(known, series, asked)
    data = [{"timestamp": point.at_ms, "value": point.value} for point in points]
    return _described(series) | {
        "site": series.site,
        "account": series.account or [],
        "data": data,
        "lastDataAt": moment(points[-1].at_ms) if points else [],
    }


def _described(series: Series) -> Object:
    if series.component is not None:
        word, suffix = ("response time", "ms") if series.id.endswith(RESPONSE) else ("uptime", "%")
        name, component = f"{series.component.name} {word}", series.component.id
        return {
            "id": series.id,
            "name": name,
            "suffix": suffix,
            "active": True,
            "order": series.component.position,
            "component": component,
        }
    content = {} if series.made is None else series.made.content
    return {
        "id": series.id,
        "name": content.get("name", series.id),
        "suffix": content.get("suffix", ""),
        "active": content.get("active", True),
        "order": content.get("order", 0),
        "component": content.get("component") or [],
    }


async def _points(known: Known, series: Series, asked: Span) -> Sequence[Point]:
    if series.component is None:
        return await known.catalog.points(series.id, *asked)
    if series.id.endswith(UPTIME):
        days = [
            Point(_midnight_ms(bar.date.isoformat()), round(bar.share * 100, 4))
            for bar in series.component.bars
            if bar.share is not None
        ]
        return [point for point in days if asked.from_ms <= point.at_ms <= asked.to_ms][-asked.limit :]
    config = known.catalog.config
    checks = [id_ for id_, check in config.checks.items() if check.component == series.component.id]
    return await known.catalog.probed(checks, *asked)


def _midnight_ms(date: str) -> int:
    return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp() * 1000)
