"""Commands end within their bounds, and leave nothing behind."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from prober.core.reason import Reason
from prober.wire.command import Ended, run
from prober.wire.failure import Failed

pytestmark = pytest.mark.anyio


async def python(script: str, limit: int = 1000, **env: str) -> Ended:
    return await run([sys.executable, "-c", script], env, "/", limit)


async def eventually(holds: Callable[[], bool]) -> None:
    with anyio.fail_after(20):
        while not holds():
            await anyio.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether it runs: what nobody has waited for is as good as gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_status_and_output_are_known() -> None:
    assert await python("import sys; print('hello'); print('oh', file=sys.stderr, flush=True); sys.exit(7)") in (
        Ended(7, b"hello\noh\n", False),
        Ended(7, b"oh\nhello\n", False),
    )


async def test_an_end_by_a_signal_is_negative() -> None:
    assert (await python("import os; os.kill(os.getpid(), 9)")).status == -9


async def test_output_is_bounded_whatever_is_said() -> None:
    found = await python("print('x' * 5_000_000)", limit=1000)
    assert found == Ended(0, b"x" * 1000, True)


async def test_it_sees_its_own_environment_only_and_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_DAEMON", "x")
    script = "import os, sys; print(sorted(os.environ), os.getcwd(), repr(sys.stdin.read()))"
    said = (await python(script, TOKEN="abc")).output.decode()
    assert "SECRET_OF_THE_DAEMON" not in said
    assert "'TOKEN'" in said
    assert said.endswith("/ ''\n")


FORKS = """
import os, sys, time
child = os.fork()
if child == 0:
    time.sleep(600)
print(child, flush=True)
{then}
"""


async def test_whom_it_leaves_behind_is_killed_with_it() -> None:
    found = await python(FORKS.format(then="sys.exit(0)"))
    assert found.status == 0
    await eventually(lambda: not is_alive(int(found.output)))


async def test_when_it_is_given_up_it_and_its_children_are_gone(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    then = f"open({str(note)!r}, 'w').write(f'{{os.getpid()}} {{child}}'); time.sleep(600)"
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(python, FORKS.format(then=then))
        await eventually(lambda: note.exists() and len(note.read_text().split()) == 2)
        tasks.cancel_scope.cancel()
    own, child = map(int, note.read_text().split())
    assert not is_alive(own)
    await eventually(lambda: not is_alive(child))


async def test_what_hides_from_us_holds_nothing_up() -> None:
    script = FORKS.replace("time.sleep(600)", "os.setsid(); time.sleep(8)").format(then="time.sleep(.3); sys.exit(3)")
    with anyio.fail_after(6):
        assert (await python(script)).status == 3


@pytest.mark.parametrize(("program", "directory"), [("/nonexistent/program", "/"), ("/etc", "/"), ("/bin/true", "/x")])
async def test_what_cannot_be_started_is_a_mistake_of_the_configuration(program: str, directory: str) -> None:
    with pytest.raises(Failed, match=f"starting {program} in {directory}: ") as caught:
        await run([program], {}, directory, 10)
    assert caught.value.reason is Reason.CONFIG_INVALID


async def test_nothing_stays_open() -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 : of this process
    for _ in range(5):
        await python("print(1)")
    assert len(os.listdir("/proc/self/fd")) <= before + 1  # noqa: PTH208 : the loop's own way to hear of children
