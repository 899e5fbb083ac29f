"""Who hears of which trouble, and within which time."""

from pathlib import Path

import pytest

from prober.config.reach import gaps, routes, unheard
from prober.core.model import Status
from prober.options import detection_ms
from tests.config.kinds import loaded, mistakes, written

TWO = """
[components.shop]
open_incident_at = "partial"
[components.blog]
[checks.shop]
kind = "ping"
host = "shop"
interval = "30s"
timeout = "5s"
failures = 3
[checks.blog]
kind = "ping"
host = "blog"
[channels.ops]
kind = "pager"
phone = "5"
[subscriptions.all]
channel = "ops"
components = ["shop"]
escalate_after = "10m"
min_impact = "minor"
"""

# interval, timeout, failures, failures_for, retry_interval -> seconds until it is down at the latest
SECONDS = {
    (30, 5, 3, 0, None): 95,
    (30, 5, 1, 0, None): 35,
    (30, 5, 1, 60, None): 95,
    (30, 5, 1, 61, None): 125,
    (60, 5, 3, 0, 2): 79,
    (60, 5, 1, 0, 2): 65,
    (10, 9, 2, 0, 9): 29,
}


@pytest.mark.parametrize("keys", SECONDS)
def test_an_outage_is_found_within_a_time_that_can_be_told(keys: tuple[int, int, int, int, int | None]) -> None:
    interval, timeout, failures, lasts, retry = keys
    found = detection_ms(
        interval * 1000, timeout * 1000, failures, lasts * 1000, None if retry is None else retry * 1000
    )
    assert found == SECONDS[keys] * 1000


def test_a_route_says_from_when_on_and_within_which_time(tmp_path: Path) -> None:
    config = loaded(written(tmp_path, TWO))
    (route,) = routes(config)
    wait_ms = config.sites["main"].group_wait
    assert route == ("shop", Status.PARTIAL, "all", "ops", 95_000 + 600_000 + wait_ms)
    assert unheard(config) == ["blog"]


def test_who_wants_no_incident_is_not_missed(tmp_path: Path) -> None:
    assert (
        unheard(
            loaded(written(tmp_path, TWO.replace("[components.blog]", '[components.blog]\nopen_incident_at = "never"')))
        )
        == []
    )
    assert unheard(loaded(written(tmp_path, TWO.partition("[channels")[0]))) == []
    assert unheard(loaded(written(tmp_path, TWO + 'topics = ["maintenance"]\n'))) == ["shop", "blog"]
    assert unheard(loaded(written(tmp_path, TWO + 'groups = ["g"]\n[groups.g]\n'))) == ["blog"]


def test_a_promise_that_does_not_hold_is_refused(tmp_path: Path) -> None:
    text = TWO.replace("[components.shop]", '[components.shop]\ndetect_within = "90s"')
    expected = "expected at least 1m35s, which checks.shop may take to find an outage, found 1m30s"
    assert mistakes(written(tmp_path, text)) == [f"3: components.shop.detect_within: {expected}"]
    assert mistakes(written(tmp_path, text.replace("90s", "95s"))) == []
    assert mistakes(written(tmp_path, text.replace('"30s"', '"0s"'))) != []


HOURS = TWO + 'hours = "Mo-Fr 08:00-18:00"\nzone = "Europe/Berlin"\n'


def test_a_time_in_which_nobody_hears_is_found(tmp_path: Path) -> None:
    found = list(gaps(loaded(written(tmp_path, HOURS))))
    assert [(gap.start, gap.end) for gap in found] == [
        ("Mo 18:00", "Tu 08:00"),
        ("Tu 18:00", "We 08:00"),
        ("We 18:00", "Th 08:00"),
        ("Th 18:00", "Fr 08:00"),
        ("Fr 18:00", "Mo 08:00"),
    ]
    assert {(gap.zone, gap.components) for gap in found} == {("Europe/Berlin", ("shop",))}


@pytest.mark.parametrize(
    "other",
    ['hours = "Mo-Fr 18:00-08:00, Sa-Su 00:00-24:00, Mo 00:00-08:00"\nzone = "Europe/Berlin"\n', ""],
    ids=["others at night", "one at all hours"],
)
def test_where_somebody_always_listens_there_is_no_gap(tmp_path: Path, other: str) -> None:
    config = loaded(written(tmp_path, f'{HOURS}[subscriptions.night]\nchannel = "ops"\n{other}'))
    assert [gap for gap in gaps(config) if "shop" in gap.components] == []


def test_hours_in_two_zones_are_put_together(tmp_path: Path) -> None:
    text = HOURS.replace("Mo-Fr 08:00-18:00", "Mo-Su 00:00-24:00").replace("Europe/Berlin", "Asia/Tokyo")
    assert list(gaps(loaded(written(tmp_path, text)))) == []


def test_a_severity_routes_a_component(tmp_path: Path) -> None:
    text = TWO.replace("[components.shop]", '[components.shop]\nseverity = "high"')
    assert unheard(loaded(written(tmp_path, text + 'severity = ["high"]\n'))) == ["blog"]
    assert unheard(loaded(written(tmp_path, text + 'severity = ["low"]\n'))) == ["shop", "blog"]
