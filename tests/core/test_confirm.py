"""What is probed again beside its grid."""

from collections.abc import Sequence

import pytest

from prober.core.confirm import HURRY_MS, confirmations
from prober.core.events import Configured, Event, Observed
from prober.core.model import Observation
from prober.core.policy import Policy
from prober.core.state import State
from prober.core.step import step
from tests.builders import T0, check, component, observation, policy

RETRY_MS = 5_000


def after(rules: Policy, seen: Sequence[Observation]) -> list[tuple[str, int]]:
    """What is to be confirmed after the last of these observations: check, ms after it was complete."""
    state = State()
    events: list[Event] = [Configured(T0), *(Observed(one) for one in seen)]
    for event in events:
        decision = step(state, event, rules)
        if decision is not None:
            state.apply(decision)
    end_ms = seen[-1].started_ms + seen[-1].took_us // 1000
    return [(due.check, due.scheduled_ms - end_ms) for due in confirmations(state, seen[-1], rules)]


def seen(outcomes: str, id_: str = "shop") -> list[Observation]:
    return [observation(word, T0 + 1000 * n, id_, took_us=40_000) for n, word in enumerate(outcomes.split())]


@pytest.mark.parametrize(
    ("outcomes", "retries"),
    [
        ("up", []),
        ("up down", [0]),
        ("up down down", [RETRY_MS]),
        ("up down down down", []),
        ("up down up", []),
        ("up down up down", [0]),
        ("up degraded", [0]),
        ("up degraded degraded", [RETRY_MS]),
        ("up degraded degraded degraded degraded", []),
        ("up degraded degraded degraded down", [RETRY_MS]),
        ("up unknown", []),
        ("down", [0]),
    ],
)
def test_a_failure_is_looked_at_again_until_it_is_sure(outcomes: str, retries: list[int]) -> None:
    rules = policy(check(failures=3, retry_interval_ms=RETRY_MS))
    assert after(rules, seen(outcomes)) == [("shop", ms) for ms in retries]


def test_without_a_retry_interval_the_grid_is_soon_enough() -> None:
    assert after(policy(), seen("up down")) == []


def test_a_check_that_is_not_configured_or_has_no_state_is_not_confirmed() -> None:
    assert confirmations(State(), observation("down"), policy()) == []
    assert confirmations(State(), observation("down", check="who"), policy()) == []


def layered() -> Policy:
    """The shop depends on a proxy, which depends on a gateway with two checks."""
    checks = [check("shop", "shop", canaries=("ping",)), check("proxy", "proxy"), check("ping", "net")]
    checks += [check("gw1", "gateway"), check("gw2", "gateway")]
    parts = [
        component("shop", ["shop"], depends_on=("proxy", "gateway", "ghost")),
        component("proxy", ["proxy"], depends_on=("gateway",)),
        component("gateway", ["gw1", "gw2"]),
        component("net", ["ping"]),
    ]
    return policy(*checks, components=parts)


def test_at_the_first_failure_canaries_and_all_that_it_depends_on_are_probed_at_once() -> None:
    assert after(layered(), seen("up down")) == [("ping", 0), ("proxy", 0), ("gw1", 0), ("gw2", 0)]
    assert after(layered(), seen("up down down")) == []


def test_what_others_wait_for_is_made_sure_in_a_hurry() -> None:
    down = [*seen("down down"), observation("down", T0 + 5000, "gw1")]
    assert after(layered(), down) == [("gw1", HURRY_MS)]
    assert after(layered(), [*seen("up up"), observation("down", T0 + 5000, "gw1")]) == []
