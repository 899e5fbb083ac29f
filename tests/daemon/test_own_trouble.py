"""What keeps us from judging is found, named, and judged."""

from pathlib import Path

import pytest

from prober.clock import Clock
from prober.core.model import Outcome
from prober.core.own import OWN, with_own
from prober.core.reason import Reason
from prober.daemon.own_trouble import OVERLOAD_MS, STALL_MS, Trouble, observation, trouble
from tests.builders import T0, check, policy
from tests.builders import observation as answer
from tests.worlds import recording

pytestmark = pytest.mark.anyio


async def test_the_gravest_is_told(tmp_path: Path) -> None:
    names = ("a", "b", "c", "d")
    rules = policy(*(check(name, name) for name in names))
    async with recording(tmp_path, rules) as (recorder, _):
        assert trouble(recorder, 0, None) is None
        assert trouble(recorder, 0, "2 mistakes in it") == Trouble(
            Reason.SELF_CONFIG, "the configuration was refused: 2 mistakes in it"
        )
        recorder.observe(
            [
                answer("unknown", T0, "a", reason=Reason.SELF_DNS),
                answer("unknown", T0, "b", reason=Reason.SELF_DNS),
                answer("unknown", T0, "c", reason=Reason.SELF_DESCRIPTORS),
                answer("unknown", T0, "d", reason=Reason.CONFIG_INVALID),
            ]
        )
        assert trouble(recorder, 0, "x") == Trouble(Reason.SELF_DNS, "not judged: a, b, c")
        recorder.observe([answer("unknown", T0, "d", reason=Reason.SELF_DNS)])
        assert trouble(recorder, 0, None) == Trouble(Reason.SELF_DNS, "not judged: a, b, c and 1 more")
        assert trouble(recorder, 0, None, OVERLOAD_MS + 1) == Trouble(
            Reason.SELF_OVERLOAD, "probes wait for 5001 ms: the limit over all probes is reached"
        )
        assert trouble(recorder, STALL_MS + 1, None) == Trouble(Reason.SELF_STALL, "the loop stood still for 1001 ms")
        recorder.trouble = "the disk is full"
        found = trouble(recorder, 9_999, None)
        assert found == Trouble(Reason.SELF_STORE, "nothing can be written: the disk is full")


async def test_it_is_judged_like_any_answer(tmp_path: Path) -> None:
    async with recording(tmp_path, with_own(policy())) as (recorder, store):
        clock = Clock()
        assert observation(None, clock.now_ms()).outcome is Outcome.UP
        for n in range(2):
            recorder.observe([observation(Trouble(Reason.SELF_DNS, "not judged: shop"), T0 + n * 10_000)])
        await recorder.flush()
        (incident,) = (await store.load()).incidents.values()
        assert (incident.site, incident.name) == (OWN, "Monitoring is degraded")
        assert incident.updates[0].body == ("Monitoring is degraded: we cannot look up names. We are investigating.")
