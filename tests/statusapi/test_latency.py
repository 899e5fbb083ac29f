"""What a check's answers took, over any time, for whom it concerns."""

from pathlib import Path
from typing import Any

import pytest

from prober.core.sketch import ERROR
from tests.builders import T0, observation
from tests.statusapi.scene import ACME, ADMIN, MINUTE, Scene, scene

pytestmark = pytest.mark.anyio

URL = "/api/prober/v1/checks/shop/latency"
HOUR0 = T0 - T0 % 3_600_000  # 2023-11-14T22:00:00Z


async def asked(it: Scene, query: str = "", url: str = URL, key: str = ACME, status: int = 200) -> Any:
    answer = await it.public.get(f"{url}?{query}", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == status, answer.text
    return answer.json()


async def seen(it: Scene, minutes: int = 200) -> None:
    """An answer a minute, each a millisecond slower."""
    await it.take([observation("up", HOUR0 + n * MINUTE, took_us=1000 * (n + 1)) for n in range(minutes)])
    await it.store.rollups.roll(1000)


async def test_quantiles_and_counts_of_each_step_and_of_all(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await seen(it)
        said = await asked(it, "from=2023-11-14T22:10:00Z&to=2023-11-15T01:20:00Z&step=1h")
        assert (said["start"], said["end"], said["step"]) == (
            "2023-11-14T22:00:00.000Z",
            "2023-11-15T01:20:00.000Z",
            "1h",
        )
        assert [(p["at"][11:13], p["up"]) for p in said["points"]] == [("22", 60), ("23", 60), ("00", 60), ("01", 20)]
        assert said["total"]["up"] == 200
        assert said["total"]["p95_ms"] == pytest.approx(190, rel=ERROR)
        assert said["points"][0]["p50_ms"] == pytest.approx(30, rel=ERROR)
        assert said["points"][0]["p99_ms"] == pytest.approx(59, rel=ERROR)


async def test_without_a_question_it_is_the_last_day_in_few_points(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await seen(it)
        said = await asked(it)
        assert (said["step"], len(said["points"]), said["total"]["up"]) == ("15m", 14, 199)
        assert (await asked(it, url=URL.replace("shop", "mail")))["total"] is None
        assert (await asked(it, url=URL.replace("shop", "mail")))["points"] == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=yesterday", "from: expected a date and time with its zone"),
        ("from=2030-01-01T00:00:00Z", "from: expected a moment from 1970 on that is before `to`"),
        ("step=soon", "step: expected a duration"),
        ("step=90s", "step: expected whole minutes"),
        ("from=2023-01-01T00:00:00Z&step=1m", "step: expected one that makes at most 2000 points"),
        ("from=2010-01-01T00:00:00Z&step=25h", "step: expected one that makes"),
        ("from=2013-01-01T00:00:00Z&step=50h", "step: expected whole hours or whole days"),
    ],
)
async def test_a_question_that_cannot_be_answered_is_refused(tmp_path: Path, query: str, said: str) -> None:
    async with scene(tmp_path) as it:
        assert said in (await asked(it, query, status=400))["error"]["message"]


async def test_checks_of_others_are_not_there(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        for id_, key, status in (("lone", ACME, 404), ("lone", ADMIN, 200), ("none", ADMIN, 404), ("shop", "x", 401)):
            await asked(it, url=URL.replace("shop", id_), key=key, status=status)


async def test_the_longest_time_is_read_from_days(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await seen(it)
        said = await asked(it, "from=2010-01-01T00:00:00Z")
        assert (said["step"], len(said["points"])) == ("30d", 1)
