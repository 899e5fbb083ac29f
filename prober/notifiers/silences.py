"""Planned work as silences of Alertmanager: made when it is known, moved with it, ended with it.

The rules:

1. A silence is found again by its comment, which ends in the site and the id of the work: nothing is remembered here,
   and a notice that comes twice changes nothing.
2. It mutes alerts with the labels `site` and `component`: ours, and those of Prometheus' rules on our series.
3. Work that only a person starts is silenced once it has begun. What is over is not silenced any more.

https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote

import anyio

from prober.core.model import MaintenanceState
from prober.notifiers.base import Parcel, Receipt
from prober.notifiers.fields import moment, stringify
from prober.notifiers.post import Letter, Post, said
from prober.notifiers.text import fitted

AUTHOR = "prober"
MOST_BYTES = 8 * 1024 * 1024  # of the list of a site's silences: those of five days
LONGEST_NAME = 200

_EXPIRED = "expired"


class Silence(NamedTuple):
    """One of Alertmanager's. state: pending, active or expired."""

    id: str
    state: str
    start_ms: float
    end_ms: float
    matchers: Any


def mark(work: MaintenanceState) -> str:
    """How the comment of its silence ends."""
    return f"(prober: {work.site}/{work.id})"


def matchers(work: MaintenanceState) -> list[dict[str, Any]]:
    """What it mutes. Alertmanager anchors expressions at both ends."""
    components = "|".join(map(re.escape, sorted(work.components)))
    return [
        {"name": "site", "value": work.site, "isRegex": False, "isEqual": True},
        {"name": "component", "value": components, "isRegex": True, "isEqual": True},
    ]


def is_wanted(work: MaintenanceState, at_ms: int) -> bool:
    """Whether there should be a silence for it at that moment."""
    return work.is_live and work.end_ms > at_ms and (work.auto_start or work.is_under_way)


def mirrored(work: MaintenanceState, silence: Silence | None) -> dict[str, Any] | None:
    """What is posted so that the silence is as the work is; None if it is. silence: the one there is by now.

    The start of one that is active can't be moved.
    """
    start_ms: float = work.start_ms if work.started_ms is None else work.started_ms
    if silence is not None and silence.state == "active":
        start_ms = silence.start_ms
    wanted = matchers(work)
    if silence is not None and (silence.start_ms, silence.end_ms, silence.matchers) == (start_ms, work.end_ms, wanted):
        return None
    posted = {
        "matchers": wanted,
        "startsAt": moment(int(start_ms)),
        "endsAt": moment(work.end_ms),
        "createdBy": AUTHOR,
        "comment": f"{fitted(work.name, LONGEST_NAME)} {mark(work)}",
    }
    return posted if silence is None else {**posted, "id": silence.id}


def found(answer: bytes, work: MaintenanceState) -> list[Silence]:
    """The silences of that work that have not expired, of all that Alertmanager has told of."""
    listed = said(answer)
    if not isinstance(listed, list):
        return []
    ours = (one for one in listed if isinstance(one, dict) and str(one.get("comment", "")).endswith(mark(work)))
    return [silence for one in ours if (silence := _silence(one)) is not None and silence.state != _EXPIRED]


def _silence(one: dict[str, Any]) -> Silence | None:
    """None of what is none."""
    try:
        starts, ends = (datetime.fromisoformat(one[key]).timestamp() * 1000 for key in ("startsAt", "endsAt"))
        told = [{key: matcher[key] for key in ("name", "value", "isRegex")} for matcher in one["matchers"]]
        wanted = [{**matcher, "isEqual": one["matchers"][at].get("isEqual", True)} for at, matcher in enumerate(told)]
        by_name = sorted(wanted, key=lambda matcher: str(matcher["name"]), reverse=True)  # as ours: site, component
        return Silence(str(one["id"]), str(one["status"]["state"]), round(starts), round(ends), by_name)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


class Silencing:
    """Sends what a channel says, and keeps the silences of planned work."""

    def __init__(self, post: Post, url: str, headers: Sequence[tuple[str, str]], timeout_ms: int) -> None:
        self._post = post
        self._url = url
        self._headers = headers
        self._timeout_s = timeout_ms / 1000

    async def send(self, parcel: Parcel) -> Receipt:
        """Send once. Raises DeliveryError; what was done by then is done again, and changes nothing."""
        until_s = anyio.current_time() + self._timeout_s
        receipt = await self._post.send(parcel)
        work = parcel.notice.maintenance
        if work is None:
            return receipt
        query = quote(f'site="{work.site}"', safe="")
        there = found(await self._ask(parcel, until_s, "GET", f"silences?filter={query}"), work)
        kept = there[0] if there and is_wanted(work, parcel.sent_ms) else None
        for one in there:
            if one is not kept:
                await self._ask(parcel, until_s, "DELETE", f"silence/{quote(one.id, safe='')}")
        posted = mirrored(work, kept) if is_wanted(work, parcel.sent_ms) else None
        if posted is not None:
            await self._ask(parcel, until_s, "POST", "silences", stringify(posted))
        return Receipt(200) if receipt.status is None else receipt

    async def aclose(self) -> None:
        """Nothing is held open."""

    async def _ask(self, parcel: Parcel, until_s: float, verb: str, path: str, body: bytes = b"") -> bytes:
        letter = Letter(f"{self._url}/api/v2/{path}", body, self._headers, verb)
        return (await self._post.ask(letter, parcel.sent_ms, until_s, MOST_BYTES)).body
