"""What a channel is sent in a storm; the stories in storm.txt tell the rules."""

from prober.core.events import Configured, Event, Observed
from prober.core.model import Storm
from prober.core.policy import Budget, Policy
from prober.core.state import State
from prober.core.step import step
from prober.core.storm import due_ms
from tests.builders import T0, check, observation, policy, subscription

MIN = 60_000


def stormy(*subscriptions: str) -> tuple[State, Policy]:
    """Two components that have failed, on a channel that takes one message in ten minutes."""
    checks = [check(name, name, failures=1) for name in ("a", "b")]
    rules = policy(*checks, subscriptions=[subscription(name) for name in subscriptions])
    rules = rules._replace(budgets={"hook": Budget(1, 10 * MIN)})
    state = State(identity=b"k")
    events: list[Event] = [
        Configured(T0),
        *(Observed(observation("down", T0 + n, name)) for n, name in ((1, "a"), (2, "b"))),
    ]
    for event in events:
        decision = step(state, event, rules)
        assert decision is not None
        state.apply(decision)
    return state, rules


def test_a_channel_without_a_budget_hears_all_at_once() -> None:
    rules = policy(
        check("a", "a", failures=1), subscriptions=[subscription("few"), subscription("all", channel="other")]
    )._replace(budgets={"hook": Budget(1, 10 * MIN)})
    state = State(identity=b"k")
    for n, word in enumerate(("down", "up", "up", "down")):
        decision = step(state, Observed(observation(word, T0 + n, "a")), rules)
        told = [] if decision is None else [(notice.subscription, notice.reason) for notice in decision.notices]
        if decision is not None:
            state.apply(decision)
    assert told == [("all", "opened")]


def test_each_subscription_has_its_own_digest() -> None:
    state, rules = stormy("one", "two")
    assert [held.notice.subscription for held in state.storms["hook"].held] == ["two", "one", "two"]
    decision = step(state, Configured(T0 + 11 * MIN), rules)
    assert decision is not None
    assert [(n.subscription, n.reason, len(n.digest)) for n in decision.notices] == [
        ("two", "digest", 2),
        ("one", "digest", 1),
    ]
    assert len({n.id for n in decision.notices}) == 2


def test_without_its_budget_what_is_held_is_told_at_once() -> None:
    state, rules = stormy("one")
    decision = step(state, Configured(T0 + MIN), rules._replace(budgets={}))
    assert decision is not None
    assert [n.reason for n in decision.notices] == ["digest"]


def test_a_channel_without_a_budget_is_sent_everything() -> None:
    rules = policy(
        check("a", "a", failures=1), subscriptions=[subscription("one"), subscription("all", channel="mail")]
    )
    rules = rules._replace(budgets={"hook": Budget(1, 10 * MIN)})
    state, sent = State(identity=b"k"), []
    for n, outcome in enumerate(("down", "up", "up", "down", "up", "up")):
        decision = step(state, Observed(observation(outcome, T0 + n, "a")), rules)
        if decision is not None:
            state.apply(decision)
            sent += [notice.reason for notice in decision.notices if notice.channel == "mail"]
    assert sent == ["opened", "resolved", "opened", "resolved"]


def test_nobody_is_told_whose_subscription_is_gone() -> None:
    state, rules = stormy("one")
    decision = step(state, Configured(T0 + 11 * MIN), rules._replace(subscriptions={}))
    assert decision is not None
    assert decision.notices == ()
    assert decision.storms == (Storm("hook", T0 + 11 * MIN, 1),)


def test_what_holds_nothing_is_never_due() -> None:
    assert due_ms(policy(), Storm("hook", T0, 5)) is None
