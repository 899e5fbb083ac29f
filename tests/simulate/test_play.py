"""Worlds played through the core: as the daemon would, and the same each time."""

from itertools import pairwise

from prober.core.events import Configured, Decision, Event, Observed, Woke
from prober.core.model import NoticeReason, Outcome
from prober.core.policy import Policy
from prober.simulate.play import Run, play
from prober.simulate.script import read

MIN = 60_000


def played(text: str) -> tuple[Run, list[Event]]:
    events: list[Event] = []

    def listen(event: Event, _: Decision | None, __: Policy) -> None:
        events.append(event)

    return play(read(text), listen), events


def told(text: str) -> list[NoticeReason]:
    return list(play(read(text)).told.elements())


def test_an_outage_is_opened_and_resolved() -> None:
    assert told("00:10 shop down for 10m") == [NoticeReason.OPENED, NoticeReason.RESOLVED]


def test_checks_answer_on_their_grid() -> None:
    run, events = played("check shop interval=1m\n01:00 reload")
    scheduled = [e.observation.scheduled_ms for e in events if isinstance(e, Observed)]
    assert {after - before for before, after in pairwise(scheduled[1:])} == {MIN}
    assert run.probes == len(scheduled) == 121


def test_events_come_in_order_and_the_core_is_woken_when_it_asks() -> None:
    run, events = played(
        "component shop resolve_after=5m\ncheck shop\nwindow 00:30 00:40\n00:10 down/http_timeout for 5m"
    )
    moments = [event.at_ms for event in events]
    assert moments == sorted(moments)
    assert [e.at_ms // MIN for e in events if isinstance(e, Woke)][1:] == [30, 40]
    assert run.told[NoticeReason.MONITORING] == run.told[NoticeReason.MAINTENANCE_COMPLETED] == 1


def test_failures_are_confirmed_beside_the_grid() -> None:
    slow, fast = (play(read(f"check shop failures=3 {key}\n00:10 down")) for key in ("", "retry_interval=5s"))
    assert fast.pages[0].at_ms < slow.pages[0].at_ms - MIN


def test_a_flapping_target_changes_at_its_pace() -> None:
    _, events = played("check shop interval=10s\n00:10 flapping 1m for 4m")
    bad = [e.at_ms // MIN for e in events if isinstance(e, Observed) and e.observation.outcome is Outcome.DOWN]
    assert set(bad) == {10, 12}


def test_our_own_trouble_opens_nothing() -> None:
    assert told("00:10 self_descriptors for 2h") == []


def test_a_network_of_ours_that_fails_opens_nothing_where_canaries_tell() -> None:
    watched = (
        "component net open_incident_at=never\ncheck gw component=net failures=1 interval=10s\ncheck shop canaries="
    )
    assert told(f"{watched}\n00:10 network down for 30m") == [NoticeReason.OPENED, NoticeReason.RESOLVED]
    assert told(f"{watched}gw\n00:10 network down for 30m") == []


def test_while_it_is_off_it_asks_nothing_and_then_goes_on() -> None:
    run, events = played("00:10 down\n00:20 restart for 30m\n00:40 up")
    assert [e.at_ms // MIN for e in events if isinstance(e, Configured)] == [0, 50]
    assert not [e for e in events if 20 * MIN < e.at_ms < 50 * MIN]
    assert (run.told[NoticeReason.OPENED], run.told[NoticeReason.RESOLVED]) == (1, 1)


def test_a_clock_that_jumps_opens_nothing() -> None:
    assert told("00:10 clock +2h\n00:20 clock -3h\n00:30 restart\n00:40 clock +1s") == []


def test_a_reload_while_it_is_off_is_no_news() -> None:
    _, events = played("00:10 restart for 10m\n00:15 reload\n00:16 clock +5m")
    assert [e.at_ms // MIN for e in events if isinstance(e, Configured)] == [0, 25]


def test_a_slot_that_comes_while_its_check_is_asked_is_missed() -> None:
    run = play(read("check shop interval=10s timeout=10s retry_interval=1s\n00:10 down/http_timeout for 10m"))
    assert run.missed > 0


def test_the_same_world_gives_the_same_run() -> None:
    text = (
        "check a\ncheck b interval=30s\n00:10 a flapping for 1h\n00:11 b down for 10m\n00:30 clock +10m\n00:50 restart"
    )
    one, other = played(text), played(text)
    assert one == other
