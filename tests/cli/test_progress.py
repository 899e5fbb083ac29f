"""What long work shows of itself on a terminal, and that it shows nothing elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from prober.cli.progress import counted
from tests.worlds import answers, recording

COMMANDS = {
    "Saving the state, and reading it through": ("backup", "saved.db"),
    "Proving ": ("verify",),
    "Exporting: 0 lines": ("export", "state.jsonl"),
}
ESCAPE = b"\x1b["


@pytest.fixture
def state(tmp_path: Path) -> Path:
    async def live() -> None:
        async with recording(tmp_path / "state") as (recorder, _):
            recorder.observe(answers("down down"))
            await recorder.flush()

    anyio.run(live)
    return tmp_path


def run(state: Path, *arguments: str, **env: str) -> tuple[bytes, bytes]:
    """Standard output, which is a pipe, and what a terminal of 200 columns got of standard error."""
    ours, terminal = os.openpty()
    command = [sys.executable, "-m", "prober", *arguments, "--state-dir", "state"]
    with os.fdopen(ours, "rb", buffering=0) as read:
        with subprocess.Popen(
            command, cwd=state, stdout=subprocess.PIPE, stderr=terminal, env=os.environ | {"COLUMNS": "200"} | env
        ) as process:
            os.close(terminal)
            got = b""
            while part := _read(read.fileno()):
                got += part
            assert process.stdout is not None
            said = process.stdout.read()
        assert process.returncode == 0, got
    return said, got


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # nobody has the terminal open any more
        return b""


@pytest.mark.parametrize("title", COMMANDS)
def test_a_terminal_sees_what_is_done(state: Path, title: str) -> None:
    said, shown = run(state, *COMMANDS[title], TERM="xterm-256color", NO_COLOR="")
    assert title.encode() in shown
    assert b"\x1b[3" in shown  # a colour
    assert said
    assert ESCAPE not in said


def test_without_colours_if_nobody_wants_any(state: Path) -> None:
    _, shown = run(state, "verify", TERM="xterm-256color", NO_COLOR="1")
    assert b"Proving " in shown
    assert b"\x1b[3" not in shown


@pytest.mark.parametrize("title", COMMANDS)
def test_elsewhere_nothing_is_shown(state: Path, title: str) -> None:
    command = [sys.executable, "-m", "prober", *COMMANDS[title], "--state-dir", "state"]
    done = subprocess.run(command, cwd=state, capture_output=True, check=True)
    assert done.stderr == b""
    assert ESCAPE not in done.stdout


def test_what_is_counted_comes_through_as_it_is() -> None:
    assert list(counted("Counting", "numbers", range(2_500))) == list(range(2_500))
