"""Kind heartbeat: what is said of a job, by what was heard of it."""

import hashlib

import pytest

from prober.clock import Clock
from prober.core.heartbeat import Heard
from prober.core.model import Observation
from prober.core.reason import Reason
from prober.probes.heartbeat import HeartbeatProbe, build, guesses
from tests.probes.scene import DUE, mistakes, options, probed

pytestmark = pytest.mark.anyio

TOKEN = "0d0b3c9c-6f6e-4f0c-8f5b-8a52a1f2a6f1"
T0 = 1_700_000_000_000  # 2023-11-14T22:13:20Z
MINUTE = 60_000


async def told(known: Heard | None, minute: int, **keys: object) -> Observation:
    """What is said at that minute after T0."""
    now_ns = (T0 + minute * MINUTE) * 1_000_000
    probe = build(options("heartbeat", token=TOKEN, **keys), Clock(wall_ns=lambda: now_ns, monotonic_ns=lambda: now_ns))
    probe.hear_from({"shop": known}.get)
    return await probe.probe(DUE)


GOOD = Heard("shop", T0, good_ms=T0)
FAILED = Heard("shop", T0, good_ms=T0 - MINUTE, failed_ms=T0, code=3, run_ms=500)


@pytest.mark.parametrize(
    ("known", "minute", "outcome", "reason", "detail"),
    [
        (None, 0, "unknown", Reason.CONFIG_UNHEARD, "it has never reported"),
        (GOOD, 60, "up", None, ""),
        (GOOD, 65, "up", None, ""),
        (
            GOOD, 66, "down", Reason.HEARTBEAT_MISSED,
            "its report was due at 2023-11-14T23:13:20Z, and has not come",
        ),
        (
            FAILED, 1, "down", Reason.HEARTBEAT_FAILED,
            "it reported a failure at 2023-11-14T22:13:20Z with exit status 3",
        ),
        (
            GOOD._replace(started_ms=T0), 6, "down", Reason.HEARTBEAT_MISSED,
            "it began at 2023-11-14T22:13:20Z, and has not ended",
        ),
        (
            GOOD._replace(is_doubtful=True), 6, "unknown", Reason.SELF_AWAY,
            "it may have reported while prober was away; its next report is due at 2023-11-14T23:13:20Z",
        ),
    ],
)  # fmt: skip
async def test_what_is_said_of_a_job(
    known: Heard | None, minute: int, outcome: str, reason: Reason | None, detail: str
) -> None:
    seen = await told(known, minute, period="1h")
    assert (seen.outcome, seen.reason, seen.detail) == (outcome, reason, detail)


async def test_a_late_report_is_told_and_may_be_degraded() -> None:
    assert (await told(GOOD, 61, period="1h")).facts == {"heartbeat": "late", "last_success_s": T0 // 1000}
    seen = await told(GOOD, 61, period="1h", late_is_degraded=True)
    assert (seen.outcome, seen.reason) == ("degraded", Reason.HEARTBEAT_LATE)


async def test_a_cron_line_is_meant_in_its_zone() -> None:
    keys: dict[str, object] = {"cron": "30 23 * * *", "zone": "Europe/Berlin", "grace": "10m"}  # 22:30 UTC
    assert [(await told(GOOD, minute, **keys)).facts["heartbeat"] for minute in (16, 17, 26, 27)] == [
        "good", "late", "late", "missed",
    ]  # fmt: skip


async def test_the_facts_tell_the_latest_run() -> None:
    assert (await told(FAILED, 1, period="1h")).facts == {
        "heartbeat": "failed",
        "last_success_s": (T0 - MINUTE) // 1000,
        "run_ms": 500,
        "exit_code": 3,
    }


async def test_without_anybody_to_hear_from_nothing_was_heard() -> None:
    seen = await probed("heartbeat", **(guesses(f"heartbeat://{TOKEN}") or {}))
    assert (seen.outcome, seen.reason, seen.facts) == ("unknown", Reason.CONFIG_UNHEARD, {"heartbeat": "new"})
    assert guesses("http://a.test") is None


async def test_a_token_may_be_given_by_its_hash() -> None:
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    by_hash, by_token = (
        HeartbeatProbe(build(options("heartbeat", period="1h", **keys), Clock())._options, Clock()).digest
        for keys in ({"token_hash": digest}, {"token": TOKEN})
    )
    assert by_hash == by_token == digest


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"period": "1h"}, "token_hash: either token or token_hash"),
        ({"period": "1h", "token": TOKEN, "token_hash": "0" * 64}, "token_hash: either token or token_hash"),
        ({"period": "1h", "token_hash": "F" * 64}, "token_hash: 64 hexadecimal digits in lower case"),
        ({"period": "1h", "token": "too-short"}, "token: a token of 16 to 128 letters"),
        ({"period": "1h", "token": "with/slash/0123456789"}, "token: a token of 16 to 128 letters"),
        ({"token": TOKEN}, "cron: either period or cron"),
        ({"token": TOKEN, "period": "1h", "cron": "* * * * *"}, "cron: either period or cron"),
        ({"token": TOKEN, "cron": "at noon"}, 'cron: a cron line such as "0 3 * * *"'),
        ({"token": TOKEN, "cron": "* * * * *", "zone": "Mars/North"}, "zone: a time zone"),
        ({"token": TOKEN, "period": "1h", "grace": "0s"}, "grace: a duration"),
    ],
)
async def test_mistakes_are_found(keys: dict[str, object], said: str) -> None:
    (found,) = mistakes("heartbeat", **keys)
    assert found.startswith(said)
    assert TOKEN not in found


async def test_a_target_never_shows_the_token() -> None:
    assert options("heartbeat", token=TOKEN, period="1h").target() == "reports every 1h"
    assert options("heartbeat", token=TOKEN, cron="0 3 * * *").target() == "reports at 0 3 * * * (UTC)"
