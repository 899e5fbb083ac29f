"""Our own trouble is a component like any other, and on no page."""

from prober.core.events import Configured, Event, Observed
from prober.core.model import NoticeReason
from prober.core.own import OWN, with_own
from prober.core.reason import Reason
from prober.core.state import State
from prober.core.step import step
from tests.builders import T0, observation, policy, subscription


def test_one_incident_tells_that_we_cannot_judge_and_one_that_we_can_again() -> None:
    rules = with_own(policy(subscriptions=[subscription(), subscription("main", sites=frozenset({"main"}))]))
    state, told = State(identity=b"k"), []
    looks = ["degraded", "degraded", "degraded", "up", "up", "up"]
    answers = [observation(w, T0 + n * 10_000, OWN, reason=Reason.SELF_DNS) for n, w in enumerate(looks)]
    events: list[Event] = [Configured(T0), *map(Observed, answers)]
    for event in events:
        decision = step(state, event, rules)
        if decision is not None:
            state.apply(decision)
            told += [(n.subscription, n.reason, n.incident.name if n.incident else "") for n in decision.notices]
    assert told == [
        ("ops", NoticeReason.OPENED, "Monitoring is degraded"),
        ("ops", NoticeReason.RESOLVED, "Monitoring is degraded"),
    ]
    assert state.incidents == {}
