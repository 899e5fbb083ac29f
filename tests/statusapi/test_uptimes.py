"""Uptime as it is asked for: what is counted, for whom, and what is refused."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from statusapi import uptimes
from tests.builders import T0
from tests.statusapi.scene import ACME, ADMIN, MAINTENANCE, MINUTE, Scene, scene

pytestmark = pytest.mark.anyio

FROM, TO = "2023-11-14T22:13:20Z", "2023-11-14T23:13:20Z"
BETWEEN: dict[str, Any] = {"from": FROM, "to": TO}


async def asked(it: Scene, component: str = "shop", key: str = ADMIN, status: int = 200, **query: Any) -> Any:
    path = f"/api/prober/v1/components/{component}/uptime?{urlencode(query)}"
    answer = await it.public.get(path, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_figure_comes_with_what_it_was_counted_from(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("up")
        await it.wait(30 * MINUTE)
        await it.see("down down")
        await it.wait(60 * MINUTE)
        said = await asked(it, **BETWEEN)
        assert (said["from"], said["to"]) == ("2023-11-14T22:13:20.000Z", "2023-11-14T23:13:20.000Z")
        assert (said["up_s"], said["judged_s"]) == (1801, 3599)
        assert said["uptime"] == 1801 / 3599
        assert [(i["status"], i["lasted_s"], i["weight"]) for i in said["intervals"]] == [
            ("unknown", 1, None),
            ("operational", 1801, 1),
            ("major", 1798, 0),
        ]
        assert said["intervals"][-1]["end"] == said["to"]
        assert (await asked(it, unknown="down", **BETWEEN))["judged_s"] == 3600


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        ({}, (1799, 1799)),
        ({"maintenance": "down"}, (1799, 3599)),
        ({"maintenance": "up"}, (3599, 3599)),
        ({"hours": "Tu 23:00-24:00"}, (0, 0)),
        ({"hours": "Tu 23:00-24:00", "zone": "Europe/Berlin"}, (1799, 1799)),
        ({"hours": "Mo-Su 00:00-24:00", "zone": "Asia/Tokyo"}, (1799, 1799)),
    ],
)
async def test_it_is_counted_as_asked(tmp_path: Path, query: dict[str, Any], seconds: tuple[int, int]) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await it.see("up", "mail")
        it.now_ms = T0
        await it.wait(30 * MINUTE)
        await it.wait(60 * MINUTE)
        said = await asked(it, "mail", **query, **BETWEEN)
        assert (said["up_s"], said["judged_s"]) == seconds


@pytest.mark.parametrize(("weight", "up_s"), [("0.5", 1799.5), ("0", 0), ("1", 3599)])
async def test_degraded_weighs_what_was_said(tmp_path: Path, weight: str, up_s: float) -> None:
    async with scene(tmp_path) as it:
        await it.see("degraded degraded")
        await it.wait(120 * MINUTE)
        said = await asked(it, degraded_weight=weight, **BETWEEN)
        assert (said["up_s"], said["weights"]["degraded"]) == (up_s, float(weight))


async def test_without_a_time_the_last_30_days_are_meant(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        said = await asked(it)
        assert (said["from"], said["to"]) == ("2023-10-15T22:13:20.000Z", "2023-11-14T22:13:20.000Z")
        assert (said["uptime"], said["judged_s"]) == (None, 0)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"from": "yesterday"}, "from: expected a date and time with its zone such as 2026-03-01T22:00:00+01:00"),
        ({"to": "2023-11-14T22:00:00"}, "to: expected a date and time with its zone such as 2026-03-01T22:00:00+01:00"),
        ({"to": "2033-11-14T22:00:00Z"}, "to: expected a moment that has passed"),
        ({"from": FROM, "to": FROM}, "from: expected a moment from 1970 on, before to, by at most 366 days"),
        ({"from": "2021-01-01T00:00:00Z"}, "from: expected a moment from 1970 on, before to, by at most 366 days"),
        ({"from": "1960-01-01T00:00:00Z"}, "from: expected a moment from 1970 on, before to, by at most 366 days"),
        ({"maintenance": "in"}, "maintenance: expected one of out, up, down"),
        ({"unknown": ""}, "unknown: expected one of out, up, down"),
        ({"degraded_weight": "half"}, "degraded_weight: expected a number from 0 to 1"),
        ({"degraded_weight": "nan"}, "degraded_weight: expected a number from 0 to 1"),
        ({"partial_weight": "2"}, "partial_weight: expected a number from 0 to 1"),
        ({"zone": "../etc/passwd"}, "zone: expected a time zone such as Europe/Berlin"),
        ({"zone": "Mars"}, "zone: expected a time zone such as Europe/Berlin"),
        ({"hours": "9 to 5"}, 'hours: expected hours of service such as "Mo-Fr 08:00-18:00, Sa 09:00-13:00"'),
        ({"degraded": "1"}, f"degraded: expected one of the parameters of this path: {', '.join(uptimes.FIELDS)}"),
    ],
)
async def test_what_cannot_be_understood_is_refused_by_name(tmp_path: Path, query: dict[str, Any], told: str) -> None:
    async with scene(tmp_path) as it:
        said = await asked(it, status=400, **query)
        assert said["error"] == {"code": "field", "message": told}


async def test_too_many_intervals_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uptimes, "MOST_INTERVALS", 2)
    async with scene(tmp_path) as it:
        await it.see("up down down up up")
        await it.wait(MINUTE)
        said = await asked(it, status=400)
        assert said["error"]["message"] == "from: expected a time with at most 2 intervals, found 4"


async def test_what_is_somebody_elses_looks_like_what_does_not_exist(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        assert await asked(it, "lone", ACME, 404) == await asked(it, "ghost", ACME, 404)
        await asked(it, key="unknown-key-0123456789", status=401)
