"""The one function that decides: (state, event, policy) -> decision, or None if nothing changed.

An observation is judged into a verdict; a verdict that moved settles its component; what a component shows may be
withheld; an incident follows what is shown; notices are owed for all of it. Top to bottom, once.
The state is only read: State.apply puts the decision in force.
"""

from collections.abc import Iterable

from prober.core.blame import attributed
from prober.core.draft import Draft
from prober.core.events import Configured, Decision, Event, Observed, Ordered
from prober.core.maintenance import is_set_back
from prober.core.model import CheckState
from prober.core.orders import Acknowledge, Open, Post, SetPin, TakePin
from prober.core.policy import Policy
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
    watched_ms = event.watched_ms if isinstance(event, Configured) else None
    return _looked(state, event.at_ms, policy, watched_ms, is_whole=isinstance(event, Configured))


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
        draft.end_what_is_green(check.component)
        draft.settle(policy.components[check.component])
    if judged.state.flapped and not before.flapped:
        draft.note_flapping(policy.components[check.component], judged.state.flapped)
    more = draft.touched
    if judged.rule is not None or (before.down > 0) != (judged.state.down > 0):
        more = [*more, *dependents(policy, check.component)]
    for id_ in dict.fromkeys(more):
        if id_ != check.component:
            draft.settle(policy.components[id_])
    return draft.decision()


def _looked(state: State, at_ms: int, policy: Policy, watched_ms: int | None, *, is_whole: bool) -> Decision | None:
    """Look again because time passed or, is_whole, the policy was replaced: then at every component."""
    draft = Draft(state, policy, at_ms)
    draft.drop_unconfigured()
    if watched_ms is not None:
        draft.note_gap(watched_ms)
    draft.pass_time()
    if is_whole or is_set_back(state.handled_ms, at_ms):
        components: Iterable[str] = policy.components
    else:
        monitored = (a.component for i in state.monitored().values() for a in i.affected)
        unpinned = [id_ for id_, row in state.pinned().items() if row.pin is not None and not row.pin.holds(at_ms)]
        below = (id_ for unpin in unpinned for id_ in dependents(policy, unpin))
        named = dict.fromkeys([*draft.touched, *monitored, *unpinned, *below])
        components = [id_ for id_ in named if id_ in policy.components]
    for id_ in components:
        draft.settle(policy.components[id_])
    return draft.decision()


def _ordered(state: State, event: Ordered, policy: Policy) -> Decision | None:
    draft = Draft(state, policy, event.at_ms)
    order = event.order
    if isinstance(order, Post):
        draft.post(order)
    elif isinstance(order, Acknowledge):
        draft.acknowledge(order)
    elif isinstance(order, Open):
        draft.open_by_hand(order)
    elif isinstance(order, SetPin | TakePin):
        draft.pin(order)
    else:
        draft.carry_out(order)
    draft.tell_only(event.channels)
    for id_ in draft.touched:
        draft.settle(policy.components[id_])
    return draft.decision()
