"""The language of scripts: what it can say, and how it is told what it cannot."""

import re
from pathlib import Path

import pytest

from prober.core.model import Outcome
from prober.core.reason import Reason
from prober.errors import ConfigError
from prober.simulate.script import STATES, moment_ms, read
from prober.simulate.world import Answer, What, World

MIN = 60_000


def told(text: str) -> list[tuple[int, What, Answer | None]]:
    return [(h.at_ms // 1000, h.what, h.answer) for h in read(text).happenings]


def mistakes(text: str) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        read(text, "a.txt")
    return list(refused.value.mistakes)


@pytest.mark.parametrize(
    ("text", "ms"), [("00:10", 10 * MIN), ("00:00:30", 30_000), ("24:10", 1450 * MIN), ("2d01:00", 49 * 60 * MIN)]
)
def test_a_moment_counts_from_the_start(text: str, ms: int) -> None:
    assert moment_ms(text) == ms


def test_a_target_answers_so_until_the_next_line_or_for_as_long_as_is_said() -> None:
    down, well = Answer(Outcome.DOWN, Reason.HTTP_STATUS), Answer()
    assert told("00:01 shop down/http_status for 1m\n00:05 up 3s") == [
        (60, What.TARGET, down),
        (120, What.TARGET, well),
        (300, What.TARGET, Answer(Outcome.UP, None, 3_000)),
    ]


def test_what_comes_meanwhile_is_not_ended() -> None:
    found = told("00:01 shop down for 10m\n00:02 degraded")
    assert [second for second, *_ in found] == [60, 120]


def test_a_flapping_target_has_its_pace() -> None:
    assert told("00:01 shop flapping 20s")[0][2] == Answer(Outcome.DOWN, Reason.CONNECT_REFUSED, every_ms=20_000)


def test_our_own_trouble_ends_and_a_restart_is_two_things() -> None:
    found = told(
        "00:01 self_dns for 1m\n00:03 network down for 1m\n00:05 restart for 1m\n00:07 reload\n00:08 clock -5m"
    )
    assert [(second, what) for second, what, _ in found] == [
        (60, What.OURSELVES),
        (120, What.OURSELVES),
        (180, What.OURSELVES),
        (240, What.OURSELVES),
        (300, What.STOP),
        (360, What.START),
        (420, What.RELOAD),
        (480, What.CLOCK),
    ]
    assert found[0][2] == Answer(Outcome.UNKNOWN, Reason.SELF_DNS)
    assert found[2][2] == Answer(Outcome.DOWN, Reason.CONNECT_TIMEOUT)


def test_declarations_have_the_keys_of_the_configuration() -> None:
    world = read(
        """
        component shop resolve_after=5m depends_on=db   # a comment
        check a component=shop failures=3 interval=30s canaries=b
        check b component=db
        window 00:10 00:20 shop
        window 01:00 01:30 daily
        """,
        from_ms=1_700_006_400_000,
    )
    assert world.policy.components["shop"].resolve_after_ms == 5 * MIN
    assert world.policy.components["shop"].depends_on == ("db",)
    assert (world.policy.checks["a"].down.answers, world.policy.checks["a"].canaries) == (3, ("b",))
    first, second = world.policy.maintenances.values()
    assert (first.start_ms, first.components) == (1_700_006_400_000 + 10 * MIN, ("shop",))
    assert second.recurrence is not None
    assert (second.recurrence.lasts_ms, set(second.components)) == (30 * MIN, {"shop", "db"})


def test_without_declarations_each_name_is_a_check_of_its_own_component() -> None:
    world: World = read("00:01 shop down\n00:02 blog down")
    assert list(world.policy.checks) == ["shop", "blog"]
    assert set(world.policy.components) == {"shop", "blog"}


def test_an_answer_slower_than_the_timeout_is_none() -> None:
    (happening,) = read("check shop timeout=2s\n00:01 up 3s").happenings
    assert happening.answer == Answer(Outcome.DOWN, Reason.HTTP_TIMEOUT, 2_000)


def test_it_lasts_until_an_hour_after_its_last_line_or_as_long_as_is_said() -> None:
    assert read("00:10 down").until_ms == 70 * MIN
    assert read("00:10 down", days=2).until_ms == 2 * 1440 * MIN


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("shop down", 'expected a moment such as "00:10", or a declaration, found "shop"'),
        ("00:01", "expected a check, found the end of the line"),
        ("00:01 blog down", 'expected one of the checks shop, found "blog"'),
        ("00:01 shop dwon", 'expected one of up, degraded, down, flapping, found "dwon"'),
        ("00:01 shop", "expected one of up, degraded, down, flapping, found the end of the line"),
        ("00:01 shop up fast", 'expected a duration such as "30s", found "fast"'),
        ("00:01 shop down for", 'expected a duration such as "30s", found the end of the line'),
        ("00:01 shop down for 1m now", 'expected the end of the line, found "now"'),
        ("00:00:61 shop down", 'expected a moment such as "00:10", or a declaration, found "00:00:61"'),
        ("00:01 network up", 'expected "down", found "up"'),
        ("00:01 network down", 'expected "for" and a duration, found the end of the line'),
        ("00:01 self_dns 5m", 'expected "for" and a duration, found "5m"'),
        ("00:01 clock 5m", 'expected a jump such as "+5m" or "-30s", found "5m"'),
        ("check", "expected the id of a check, found the end of the line"),
        ("check shop failures", 'expected a key and a value such as "interval=30s", found "failures"'),
        ("check shop failures=0", "checks.shop.failures: expected a number from 1 to 100, found 0"),
        ("window 00:10", 'expected a moment such as "00:10", found the end of the line'),
    ],
)
def test_a_bad_line_is_told_with_its_number(line: str, mistake: str) -> None:
    others = [] if line.startswith("check") else ["check shop"]
    text = "\n".join([*others, "", line])
    assert mistakes(text) == [f"a.txt:{len(others) + 2}: {mistake}"]


def test_an_unknown_reason_is_told() -> None:
    (mistake,) = mistakes("00:01 shop down/self_dns")
    assert mistake.startswith("a.txt:1: expected one of the reasons dns_nxdomain, ")
    assert mistake.endswith(', found "self_dns"')


def test_every_mistake_is_told_in_the_order_of_the_lines() -> None:
    found = mistakes(
        "00:01 shop dwon\ncheck shop intervall=30s\n00:05 shop down\n00:02 shop up\ncomponent shop depends_on=gone"
    )
    assert [m.split(":")[1] for m in found] == ["1", "2", "4", "5"]
    assert found[1].endswith('found "intervall", did you mean "interval"?')
    assert found[2] == 'a.txt:4: expected a moment that is not before that of the line above, found "00:02"'


def test_the_script_of_the_docs_can_be_run() -> None:
    page = (Path(__file__).parents[2] / "docs" / "simulation.md").read_text()
    (script,) = re.findall(r"```\n(component .*?)```", page, re.DOTALL)
    assert len(read(script).happenings) == 8
    assert [state for state in STATES if f"`NAME {state}" not in page] == []
