"""Which checks are probed again beside their grid, to be sure sooner.

1. A check that fails while it is still believed, and has a retry interval, is probed again at once, another way
   (by the other address family if its target has one, by another name server if the check names several), and then at
   that interval, until the verdict has followed or the check has answered well. Its grid stays as it is.
2. At the first failure its canaries are probed at once: is it our network?
3. And the checks of all that its component depends on: is it theirs? Those that fail as well are probed again every
   second until they are judged, so that one outage is told as one.
"""

from collections.abc import Iterator

from prober.core.model import CheckState, Due, Observation, Verdict
from prober.core.policy import Policy
from prober.core.state import State
from prober.core.suppress import dependents

HURRY_MS = 1_000


def confirmations(state: State, observation: Observation, policy: Policy) -> list[Due]:
    """What to probe beside the grid, and when; state: as it is once the observation has been judged."""
    check, judged = policy.checks.get(observation.check), state.checks.get(observation.check)
    if check is None or judged is None or not _is_suspect(judged):
        return []
    at_ms = observation.started_ms + observation.took_us // 1000
    is_first = judged.bad_from_ms == observation.started_ms
    found = []
    if check.retry_interval_ms is not None:
        again_ms = at_ms if is_first else at_ms + check.retry_interval_ms
        found.append(Due(check.id, again_ms, other_way=is_first))
    elif _is_awaited(state, check.component, policy):
        found.append(Due(check.id, at_ms + HURRY_MS))
    if is_first:
        also = dict.fromkeys([*check.canaries, *_above(check.component, policy)])
        found += [Due(id_, at_ms) for id_ in also if id_ in policy.checks and id_ != check.id]
    return found


def _is_suspect(check: CheckState) -> bool:
    """Whether it fails and the verdict does not say so yet."""
    if check.verdict is Verdict.DOWN:
        return False
    return check.down > 0 or (check.bad > 0 and check.verdict is not Verdict.DEGRADED)


def _is_awaited(state: State, component: str, policy: Policy) -> bool:
    """Whether something that depends on the component is in trouble, and waits for what becomes of this."""
    below = (state.components.get(id_) for id_ in dependents(policy, component))
    return any(found is not None and found.status.depth for found in below)


def _above(component: str, policy: Policy) -> Iterator[str]:
    """The checks of all that the component depends on, the nearest first."""
    seen, nearest = {component}, list(policy.components[component].depends_on)
    for id_ in nearest:
        if id_ not in seen and id_ in policy.components:
            seen.add(id_)
            yield from policy.components[id_].checks
            nearest += policy.components[id_].depends_on
