"""Kind command: exit statuses, output, and the one deadline."""

import pytest

from prober.core.model import Phase
from prober.core.reason import Reason
from prober.probes.command import guesses
from tests.probes.scene import mistakes, options, probed

pytestmark = pytest.mark.anyio


def sh(script: str) -> list[str]:
    return ["/bin/sh", "-c", script]


@pytest.mark.parametrize(
    ("script", "keys", "outcome", "reason", "detail"),
    [
        ("exit 0", {}, "up", None, ""),
        ("exit 1", {}, "down", Reason.COMMAND_FAILED, "expected exit status 0, found exit status 1"),
        ("exit 1", {"expect_exit": [0, 1]}, "up", None, ""),
        ("exit 1", {"degraded_exit": [1]}, "degraded", Reason.COMMAND_FAILED, "exit status 1"),
        ("exit 3", {"unknown_exit": [3]}, "unknown", Reason.CONFIG_UNKNOWN, "it says by exit status 3: unknown"),
        ("kill -9 $$", {}, "down", Reason.COMMAND_FAILED, "expected exit status 0, found its end by signal 9"),
        ("echo ready", {"expect_output": "ready"}, "up", None, ""),
        ("echo ready 5", {"expect_output": {"matches": "^ready [0-9]+$"}}, "up", None, ""),
        ("echo no", {"expect_output": "ready"}, "down", Reason.EXPECT_OUTPUT,
         'expected output "ready", found something else'),
        ("true", {"expect_output": "ready"}, "down", Reason.EXPECT_OUTPUT, 'expected output "ready", found nothing'),
        ("true", {"expect_output": {"exists": False}}, "up", None, ""),
        ("echo oh", {"expect_output": {"exists": False}}, "down", Reason.EXPECT_OUTPUT,
         "expected output none, found something"),
        ('test "$TOKEN" = abc', {"env": {"TOKEN": "abc"}}, "up", None, ""),
        ('test "$PWD" = /tmp', {"directory": "/tmp"}, "up", None, ""),
    ],
)  # fmt: skip
async def test_its_end_is_judged(
    script: str, keys: dict[str, object], outcome: str, reason: Reason | None, detail: str
) -> None:
    seen = await probed("command", argv=sh(script), **keys)
    assert (seen.outcome, seen.reason, seen.detail) == (outcome, reason, detail)
    assert [phase for phase, _ in seen.phases_us] == [Phase.PROCESSING]


async def test_the_first_line_of_its_output_is_known() -> None:
    seen = await probed("command", argv=sh(r"printf 'OK - 3 users\007\nmore\n'; exit 0"))
    assert seen.facts == {"exit_code": 0, "output": "OK - 3 users?"}


async def test_what_does_not_end_is_ended() -> None:
    seen = await probed("command", argv=sh("while :; do :; done"), timeout="300ms")
    assert (seen.outcome, seen.reason) == ("down", Reason.COMMAND_TIMEOUT)


async def test_what_cannot_be_started_is_unknown() -> None:
    seen = await probed("command", argv=["/nonexistent/program"])
    assert (seen.outcome, seen.reason) == ("unknown", Reason.CONFIG_INVALID)
    assert seen.detail == "starting /nonexistent/program in /: no such file or directory"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({}, "argv: "),
        ({"argv": []}, "argv: "),
        ({"argv": "true"}, "argv: "),
        ({"argv": ["true"]}, "argv: the absolute path of a program"),
        ({"argv": ["/bin/true", "a\0b"]}, "argv: arguments without a zero character"),
        ({"argv": ["/bin/true"], "env": {"A=B": "c"}}, "env: variables of an environment"),
        ({"argv": ["/bin/true"], "directory": "here"}, "directory: an absolute path"),
        ({"argv": ["/bin/true"], "expect_exit": [256]}, "expect_exit: a list of exit statuses"),
        ({"argv": ["/bin/true"], "expect_exit": []}, "expect_exit: "),
        ({"argv": ["/bin/true"], "expect_output": 5}, "expect_output: a text or comparisons"),
    ],
)
async def test_mistakes_are_found(keys: dict[str, object], said: str) -> None:
    (found,) = mistakes("command", **keys)
    assert found.startswith(said)


async def test_what_a_target_means() -> None:
    assert guesses("command:/bin/echo 'a b' c") == {"argv": ["/bin/echo", "a b", "c"]}
    assert guesses("command:/bin/echo 'a") is None
    assert guesses("/bin/echo") is None
    assert options("command", argv=["/bin/echo", "secret"]).target() == "/bin/echo"
