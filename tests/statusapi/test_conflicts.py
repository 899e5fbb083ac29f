"""Who wins, row by row of the table in docs/api.md: a row without a test fails, and a test without a row."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from prober.config import with_made
from prober.core.made import Made
from tests.statusapi.scene import ACME, ADMIN, MAINTENANCE, MINUTE, Scene, scene

pytestmark = pytest.mark.anyio

API = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
TABLE = API.partition("## Who wins")[2].partition("\n## ")[0]
ROWS = [
    tuple(cell.strip() for cell in row) for row in re.findall(r"^\|([^|]+)\|([^|]+)\|([^|]+)\|", TABLE, re.MULTILINE)
]
FILE, PROBER, PERSON, CLIENT = "the configuration file", "the prober", "a person", "a client"

Row = tuple[str, str, str]
Shown = Callable[[Scene], Awaitable[None]]
SHOWN: dict[Row, Shown] = {}


def row(*cells: str) -> Callable[[Shown], Shown]:
    def known(shown: Shown) -> Shown:
        SHOWN[cells[0], cells[1], cells[2]] = shown
        return shown

    return known


async def put(it: Scene, path: str, **fields: Any) -> int:
    return (await it.up.put(path, headers={"Auth": ADMIN}, json=fields)).status_code


async def post(it: Scene, path: str, headers: dict[str, str] | None = None, **fields: Any) -> int:
    told = {"Authorization": f"Bearer {ACME}"} | (headers or {})
    return (await it.public.post(f"/api/prober/v1/{path}", headers=told, json=fields)).status_code


def left_out(it: Scene, *made: Made) -> list[str]:
    """What is named of what was made, now that the file declares what it declares."""
    return with_made(it.config, made, lambda _: None)[1]  # type: ignore[arg-type, return-value]


@row(FILE, "what an object is", "a client puts or deletes it")
async def _(it: Scene) -> None:
    for path in ("/components/shop", "/sites/main", "/accounts/acme"):
        assert await put(it, path, name="Other") == 409
        assert (await it.up.delete(path, headers={"Auth": ADMIN})).status_code == 409


@row(FILE, "an id", "that a client made before")
async def _(it: Scene) -> None:
    made = Made("components", "shop", {"name": "Mine", "site": "main"}, 1)
    assert len(left_out(it, made)) == 1
    assert left_out(it, made._replace(id="other")) == []


@row(FILE, "an account or a site no more", "a client made something of it")
async def _(it: Scene) -> None:
    assert len(left_out(it, Made("components", "api", {"name": "API", "site": "gone"}, 1))) == 1
    assert len(left_out(it, Made("sites", "theirs", {"name": "Theirs", "account": "gone"}, 1))) == 1


@row(FILE, "when planned work is, and of what", "a client moves it")
async def _(it: Scene) -> None:
    assert await post(it, "maintenances/upgrade/move", duration="1m") == 409
    assert await post(it, "maintenances/upgrade/extend", duration="1m") == 200


@row(PROBER, "what a component with checks shows", "a client says otherwise")
async def _(it: Scene) -> None:
    await it.see("up")
    assert await put(it, "/components/shop", status="MAJOROUTAGE") == 409
    assert it.recorder.shown.components["shop"].status == "operational"


@row(PERSON, "what a component shows (a pin)", "the prober sees otherwise")
async def _(it: Scene) -> None:
    assert await post(it, "components/shop/pin", status="operational", duration="10m") == 200
    await it.see("down down down")
    assert it.recorder.shown.components["shop"].status == "operational"
    await it.wait(11 * MINUTE)
    assert it.recorder.shown.components["shop"].status == "major"


@row(CLIENT, "what a component without checks shows", "maintenance is under way")
async def _(it: Scene) -> None:
    assert await put(it, "/components/api", account="acme", site="main", status="MAJOROUTAGE") == 200
    assert await post(it, "maintenances", site="main", name="Move", components=["api"], duration="5m") == 201
    assert it.recorder.shown.components["api"].status == "maintenance"
    await it.wait(6 * MINUTE)
    assert it.recorder.shown.components["api"].status == "major"


@row(PERSON, "where an incident stands", "the prober sees otherwise")
async def _(it: Scene) -> None:
    await it.see("down down")
    assert await post(it, "incidents/1/updates", body="A disk.", status="identified") == 201
    await it.see("up up up")
    assert it.recorder.shown.incidents[1].status == "identified"


@row(PROBER, "an incident", "a person posts to it")
async def _(it: Scene) -> None:
    await it.see("down down")
    assert it.recorder.shown.incidents[1].taken is False
    assert await post(it, "incidents/1/updates", body="We look.") == 201
    assert it.recorder.shown.incidents[1].taken is True


@row(PERSON, "that it is resolved while it fails", "the prober goes on failing it")
async def _(it: Scene) -> None:
    await it.see("down down")
    assert await post(it, "incidents/1/updates", body="Never mind.", status="resolved") == 201
    await it.see("down down down")
    assert it.recorder.shown.incidents == {}
    await it.see("up up up down down down")
    assert len(it.recorder.shown.incidents) == 1


@row(CLIENT, "something", "another client, later")
async def _(it: Scene) -> None:
    await it.see("down down")
    read = await it.public.get("/api/prober/v1/incidents/1", headers={"Authorization": f"Bearer {ACME}"})
    assert await post(it, "incidents/1/updates", body="First.") == 201
    assert await post(it, "incidents/1/updates", {"If-Match": read.headers["etag"]}, body="Late.") == 412
    assert await post(it, "incidents/1/updates", body="Later.") == 201
    assert it.recorder.shown.incidents[1].updates[-1].body == "Later."


@row(CLIENT, "something twice", "with one `Idempotency-Key`")
async def _(it: Scene) -> None:
    await it.see("down down")
    for _ in range(2):
        assert await post(it, "incidents/1/updates", {"Idempotency-Key": "k"}, body="Once.") == 201
    assert [one.body for one in it.recorder.shown.incidents[1].updates].count("Once.") == 1


def test_every_row_has_a_test() -> None:
    assert set(ROWS) - {("there", "says", "and"), ("---", "---", "---")} == set(SHOWN)


@pytest.mark.parametrize("cells", SHOWN, ids=lambda cells: " ".join(cells))
async def test_who_wins(tmp_path: Path, cells: Row) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await SHOWN[cells](it)
