"""Decisions put in force."""

from collections import Counter

from prober.core.events import Configured, Event, Observed
from prober.core.model import Status
from prober.core.state import State
from prober.core.step import step
from tests.builders import T0, observation, policy


def test_a_decision_puts_new_rows_in_place_of_old_and_drops_what_is_closed() -> None:
    state, rules = State(), policy()
    for second, outcome in enumerate(["down", "down", "up", "up"]):
        decision = step(state, Observed(observation(outcome, T0 + second * 1000)), rules)
        assert decision is not None
        state.apply(decision)
        assert bool(state.incidents) is (second in (1, 2))
    assert state.next_num == 2


def test_what_is_no_longer_configured_leaves_the_state() -> None:
    state, rules = State(), policy()
    for event in (Configured(T0), Observed(observation("down", T0))):
        decision = step(state, event, rules)
        assert decision is not None
        state.apply(decision)
    assert (list(state.checks), list(state.components)) == (["shop"], ["shop"])
    gone = step(state, Configured(T0 + 1), policy(components=[])._replace(checks={}))
    assert gone is not None
    state.apply(gone)
    assert (state.checks, state.components) == ({}, {})


def test_statuses_of_a_site_are_counted_as_components_come_change_and_go() -> None:
    state, rules = State(), policy()
    events: list[Event] = [Configured(T0), *(Observed(observation("down", T0 + n)) for n in (1, 2))]
    for event in events:
        decision = step(state, event, rules)
        assert decision is not None
        state.apply(decision)
    assert state.statuses("main") == Counter({Status.MAJOR: 1})
    assert State(components=state.components, incidents=state.incidents).statuses("main") == Counter({Status.MAJOR: 1})
    assert state.open_about("shop") is not None
    assert state.open_about("blog") is None
