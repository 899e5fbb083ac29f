"""How often somebody may ask, and who he is."""

from pathlib import Path

import pytest
from starlette.requests import Request

from prober.cli.check_config import load_config
from prober.clock import Clock
from statusapi.limits import MOST, Limits
from tests.statusapi.scene import CONFIG, scene


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.clock = Clock(wall_ns=self.now_ns, monotonic_ns=self.now_ns)

    def now_ns(self) -> int:
        return self.now_ms * 1_000_000


def limits_of(folder: Path, time: Time, more: str = "") -> Limits:
    path = folder / "config.toml"
    path.write_text(CONFIG.replace("[prober]", f"[prober]\n{more}"))
    return Limits(time.clock, load_config(path, {}))


def test_a_bucket_is_emptied_by_asking_and_filled_by_time(tmp_path: Path) -> None:
    limits = limits_of(tmp_path, time := Time())
    assert [limits.wait_s("a", 2) for _ in range(3)] == [0, 0, 30]
    assert limits.wait_s("b", 2) == 0
    time.now_ms = 30_000
    assert [limits.wait_s("a", 2, cost=0), limits.wait_s("a", 2), limits.wait_s("a", 2)] == [0, 0, 30]
    assert [limits.wait_s("a", 0) for _ in range(9)] == [0] * 9


def test_a_bucket_may_be_of_another_time(tmp_path: Path) -> None:
    limits = limits_of(tmp_path, time := Time())
    assert [limits.wait_s("a", 2, within_s=7200) for _ in range(3)] == [0, 0, 3600]
    time.now_ms = 3_600_000
    assert [limits.wait_s("a", 2, within_s=7200) for _ in range(2)] == [0, 3600]


@pytest.mark.parametrize(
    ("client", "asker"),
    [("192.0.2.1", "192.0.2.1"), ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"), ("nonsense", "-")],
)
def test_a_line_with_many_addresses_counts_as_one(tmp_path: Path, client: str, asker: str) -> None:
    request = Request({"type": "http", "client": (client, 1), "headers": []})
    assert limits_of(tmp_path, Time()).asker(request) == asker


def test_so_many_are_remembered(tmp_path: Path) -> None:
    limits = limits_of(tmp_path, Time())
    for n in range(MOST + 1):
        limits.wait_s(f"{n}", 1)
    assert limits.wait_s("0", 1) == 0  # forgotten
    assert limits.wait_s(f"{MOST}", 1) > 0


@pytest.mark.parametrize(
    ("client", "forwarded", "found"),
    [
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9", "198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["nonsense"], "-"),
        ("2001:db8::1", ["198.51.100.7"], "198.51.100.7"),
    ],
)
def test_only_trusted_proxies_are_believed(tmp_path: Path, client: str, forwarded: list[str], found: str) -> None:
    limits = limits_of(tmp_path, Time(), 'trusted_proxies = ["10.0.0.0/8", "2001:db8::1"]')
    assert limits.address_of({"client": (client, 1)}, forwarded) == found
    assert limits.address_of({}, forwarded) == "-"


@pytest.mark.anyio
async def test_an_address_may_ask_so_often_a_minute_but_what_watches_us_may_always(tmp_path: Path) -> None:
    async with scene(tmp_path, text=CONFIG.replace("[prober]", "[prober]\nrate_per_address = 2")) as it:
        statuses = [(await it.public.get("/api/v2/status.json")).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        answer = await it.public.get("/api/v2/status.json")
        assert (answer.headers["retry-after"], list(answer.json())) == ("30", ["error"])
        assert (await it.public.get("/-/healthy")).status_code == 200
