"""The one function that decides: (state, event, policy) -> decision, or None if nothing changed.

An observation is judged into a verdict; a verdict that moved settles its component; what a component shows may be
withheld; an incident follows what is shown; notices are owed for all of it. Top to bottom, once.
The state is only read: State.apply puts the decision in force.
"""

from collections.abc import Iterable

from prober.core.blame import attributed
from prober.core.draft import Draft
from prober.core.events import Decision, Event, Observed, Ordered, Woke
from prober.core.maintenance import is_set_back, passed
from prober.core.model import CheckState, ComponentPolicy, Policy
from prober.core.orders import Acknowledge, Open, Post
from prober.core.rollup import seat
from prober.core.state import State
from prober.core.suppress import dependents
from prober.core.verdict import judge


def step(state: State, event: Event, policy: Policy) -> Decision | None:
    """What the event makes of the state; None = nothing changed.

    Events come in the order they happened. An observation of a check that is not configured changes nothing.
    """
    if isinstance(event, Observed):
        return _observed(state, event, policy)
    if isinstance(event, Ordered):
        return _ordered(state, event, policy)
    if isinstance(event, Woke):
        return _looked(state, policy, event.at_ms, _components_to_look_at(state, policy, event.at_ms))
    return _looked(state, policy, event.at_ms, policy.components.values(), event.watched_ms)


def _observed(state: State, event: Observed, policy: Policy) -> Decision | None:
    observation = attributed(state, event.observation, policy)
    check = policy.checks.get(observation.check)
    if check is None or observation.location not in check.locations:
        return None
    key = seat(check.id, observation.location)
    before = state.checks.get(key) or CheckState(key)
    judged = judge(before, observation, check)
    if judged is None:
        return None
    draft = Draft(state, policy, event.at_ms)
    draft.move(before, judged.state, judged.rule)
    if judged.rule is not None or bool(before.flapped) != bool(judged.state.flapped):
        draft.settle(policy.components[check.component])
    if judged.state.flapped and not before.flapped:
        draft.note_flapping(policy.components[check.component], judged.state.flapped)
    if judged.rule is not None or (before.down > 0) != (judged.state.down > 0):
        for id_ in dependents(policy, check.component):
            draft.settle(policy.components[id_])
    return draft.decision()


def _looked(
    state: State, policy: Policy, at_ms: int, components: Iterable[ComponentPolicy], watched_ms: int | None = None
) -> Decision | None:
    """Look at these components again because time passed or the policy was replaced."""
    draft = Draft(state, policy, at_ms)
    draft.drop_unconfigured()
    if watched_ms is not None:
        draft.note_gap(watched_ms)
    draft.pass_time()
    for component in components:
        draft.settle(component)
    return draft.decision()


def _components_to_look_at(state: State, policy: Policy, at_ms: int) -> list[ComponentPolicy]:
    """Those whose planned work has begun or ended since the last look, and those that are monitored; all if the clock
    was set back.
    """
    if is_set_back(state.handled_ms, at_ms):
        return list(policy.components.values())
    after_ms = at_ms if state.handled_ms is None else state.handled_ms
    windows = [b.window for b in passed(policy.maintenances.values(), after_ms, at_ms)]
    monitored = state.monitored().values()
    unpinned = [id_ for id_, row in state.pinned().items() if row.pin is not None and not row.pin.holds(at_ms)]
    below = [below for id_ in unpinned if id_ in policy.components for below in dependents(policy, id_)]
    named = dict.fromkeys(
        [
            *(c for w in windows for c in w.components),
            *(a.component for i in monitored for a in i.affected),
            *unpinned,
            *below,
        ]
    )
    return [policy.components[c] for c in named if c in policy.components]


def _ordered(state: State, event: Ordered, policy: Policy) -> Decision | None:
    draft = Draft(state, policy, event.at_ms)
    order = event.order
    if isinstance(order, Post):
        draft.post(order)
    elif isinstance(order, Acknowledge):
        draft.acknowledge(order)
    elif isinstance(order, Open):
        draft.open_by_hand(order)
    else:
        draft.pin(order)
    return draft.decision()
