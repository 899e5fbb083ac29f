"""One probe of every address that a name has, at the same time, judged together.

An address of which nothing is known, because we failed or have no way to it, counts for neither side; if that is so of
all of them, nothing is known of the target.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, NamedTuple

import anyio

from prober.clock import Clock
from prober.core.model import Due, Observation, Outcome, Phase
from prober.probes.boundary import Attempt, Judgement, observe
from prober.probes.capsule import Witness
from prober.wire.address import Address, literal
from prober.wire.resolve import Names, looked_up

Addresses = Literal["one", "any", "all", "quorum"]

MOST = 16
"""Addresses that are probed of one name."""

_NAMED = 3  # addresses in a sentence
_ORDER = (Outcome.UP, Outcome.DEGRADED, Outcome.DOWN)
# Of outcomes in order, the best first, the one that counts; for quorum more than half must be as good.
_COUNTS: dict[str, Callable[[int], int]] = {
    "any": lambda count: 0,
    "all": lambda count: count - 1,
    "quorum": lambda count: count // 2,
}


class Target(NamedTuple):
    """Whose addresses are probed, and how many of them must be good."""

    host: str
    family: str
    names: Names
    addresses: Addresses


async def observe_addresses(
    due: Due,
    clock: Clock,
    timeout_ms: int,
    target: Target,
    run: Callable[[Attempt], Awaitable[Judgement | None]],
    witness: Witness | None = None,
) -> Observation:
    """One probe within its deadline, of the first address or of all. Only cancellation passes through.

    witness: see observe; of several addresses, none is asked.
    """
    if target.addresses == "one" or literal(target.host) is not None:
        return await observe(due, clock, timeout_ms, run, witness=witness)
    found: list[Address] = []

    async def look_up(attempt: Attempt) -> None:
        attempt.watch.enter(Phase.RESOLVE)
        doubts, other_way = attempt.doubts, attempt.other_way
        found.extend(await looked_up(target.host, target.family, target.names, other_way=other_way, doubts=doubts))

    looked = await observe(due, clock, timeout_ms, look_up)
    if looked.outcome is not Outcome.UP:
        return looked
    left_ms = max(1, timeout_ms - looked.took_us // 1000)
    seen: dict[str, Observation] = {}

    async def probe(address: Address) -> None:
        seen[address.ip] = await observe(due, clock, left_ms, run, pinned=(target.host, address))

    async with anyio.create_task_group() as group:
        for address in found[:MOST]:
            group.start_soon(probe, address)
    in_order = [(address.ip, seen[address.ip]) for address in found[:MOST]]
    return judged(looked, in_order, target.addresses)


def judged(looked: Observation, seen: Sequence[tuple[str, Observation]], addresses: Addresses) -> Observation:
    """What all of them together mean. looked: the look-up; seen: what came of each address, one at least."""
    known = [(ip, one) for ip, one in seen if one.outcome in _ORDER]
    ranked = sorted(known or seen[:1], key=lambda entry: (_rank(entry[1]), -entry[1].took_us))
    at = _COUNTS[addresses](len(ranked))
    outcome = ranked[at][1].outcome
    _, shown = next(entry for entry in ranked if entry[1].outcome is outcome)  # the slowest of its outcome
    spent_us = {phase: us for phase, us in shown.phases_us if phase is not Phase.RESOLVE}
    return shown._replace(
        started_ms=looked.started_ms,
        took_us=looked.took_us + shown.took_us,
        detail=_detail(seen, shown),
        phases_us=(*looked.phases_us, *spent_us.items()),
        facts={**shown.facts, "addresses": len(seen), "addresses_failing": sum(map(_is_failing, known))},
    )


def _rank(observation: Observation) -> int:
    return _ORDER.index(observation.outcome) if observation.outcome in _ORDER else len(_ORDER)


def _is_failing(entry: tuple[str, Observation]) -> bool:
    return entry[1].outcome is Outcome.DOWN


def _detail(seen: Sequence[tuple[str, Observation]], shown: Observation) -> str:
    """Which addresses are not well, and why; of those that are all alike, one is enough."""
    bad = [(ip, one) for ip, one in seen if one.outcome is not Outcome.UP]
    if not bad:
        return ""
    if len(bad) == len(seen) and len({one.reason for _, one in bad}) == 1:
        return f"all {len(seen)} addresses: {shown.detail}" if len(seen) > 1 else shown.detail
    told = "; ".join(f"{ip}: {one.detail}" for ip, one in bad[:_NAMED])
    return f"{len(bad)} of {len(seen)} addresses: {told}{'; ...' if len(bad) > _NAMED else ''}"
