"""What was told, against what was true."""

from prober.simulate.figures import Figures, figures
from prober.simulate.play import play
from prober.simulate.script import read

MIN = 60_000
NET = "component net open_incident_at=never\ncheck gw component=net failures=1 interval=10s\n"


def of(text: str) -> Figures:
    return figures(play(read(text)))


def test_an_outage_is_detected_and_the_time_it_took_is_told() -> None:
    found = of("check shop interval=1m failures=2\n00:10 down for 10m\n01:10 down for 10m\n02:10 down for 10m")
    assert (found.outages, found.detected, found.joined, found.missed, found.false_pages) == (3, 3, 0, [], [])
    assert len(found.incidents) == 3
    least, middle, most = found.detection
    assert least is not None
    assert middle is not None
    assert most is not None
    assert MIN < least <= middle <= most < 2 * MIN + 1000


def test_a_world_without_trouble_has_no_times() -> None:
    assert of("check shop\n01:00 reload").detection == (None, None, None)


def test_a_page_without_an_outage_is_false() -> None:
    found = of("check shop\n00:10 network down for 30m")
    assert [page.component for page in found.false_pages] == ["shop"]
    assert of(NET + "check shop canaries=gw\n00:10 network down for 30m").false_pages == []


def test_an_outage_is_missed_for_a_reason() -> None:
    declared = "component shop depends_on=db\ncheck shop\ncheck db interval=10s\nwindow 03:00 04:00 shop\n"
    found = of(
        f"{declared}00:10 shop down for 20s\n01:00 db down for 30m\n01:10 shop down for 10m\n03:10 shop down for 10m"
    )
    assert [(missed.outage.component, missed.why) for missed in found.missed] == [
        ("shop", "no verdict: too short, or not watched"),
        ("shop", "withheld by db"),
        ("shop", "planned work"),
    ]


def test_trouble_that_returns_to_an_open_incident_joined_it() -> None:
    found = of("component shop resolve_after=30m\ncheck shop\n00:10 down for 10m\n00:30 down for 10m")
    assert (found.detected, found.joined, len(found.incidents)) == (1, 1, 1)


def test_trouble_that_is_too_mild_is_owed_no_incident() -> None:
    assert of("component shop open_incident_at=major\ncheck shop\n00:10 degraded for 10m").outages == 0


def test_a_reopening_is_a_page_of_its_own() -> None:
    found = of("component shop reopen_within=1h\ncheck shop\n00:10 down for 10m\n00:40 down for 10m")
    assert (found.detected, len(found.incidents)) == (2, 1)
