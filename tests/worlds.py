"""Real stores and recorders for tests."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from prober.core.model import Observation
from prober.core.policy import Policy
from prober.record import Recorder
from prober.store import Store
from tests.builders import T0, observation, policy, subscription

IDENTITY = b"an identity for tests"


@asynccontextmanager
async def recording(directory: Path, rules: Policy | None = None) -> AsyncIterator[tuple[Recorder, Store]]:
    """A recorder on a real database in the directory, started at T0 with one subscription to everything."""
    rules = rules or policy(subscriptions=[subscription()])
    async with Store.open(directory, IDENTITY) as store:
        recorder = Recorder(store, await store.load(), rules)
        await recorder.reconfigure(rules, T0)
        yield recorder, store


def answers(outcomes: str | Iterable[str], from_ms: int = T0, check: str = "shop") -> list[Observation]:
    """Observations a second apart."""
    words = outcomes.split() if isinstance(outcomes, str) else outcomes
    return [observation(word, from_ms + 1000 * n, check) for n, word in enumerate(words, 1)]
