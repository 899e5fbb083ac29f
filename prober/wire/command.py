"""One command of the operator's: without a shell, bounded in output and time, and gone with all its children.

It sees nothing of our own environment, which holds secrets, and reads nothing.
"""

import errno
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import NamedTuple

import anyio
from anyio.abc import Process

from prober.core.reason import Reason
from prober.wire.failure import Failed, failed_by

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# What a command that has ended may still have in its pipe is read within this time.
_REST_S = 1.0
_PIECE = 65_536
_NOT_THERE = (errno.ENOENT, errno.EACCES, errno.ENOTDIR, errno.ENOEXEC)


class Ended(NamedTuple):
    """status: its exit status, negative if a signal has ended it. output: what it said, as far as it is kept."""

    status: int
    output: bytes
    is_cut: bool


async def run(argv: Sequence[str], env: Mapping[str, str], directory: str, limit: int) -> Ended:
    """The command's end. What it says beyond `limit` bytes is read and let go. Raises Failed."""
    with ExitStack() as open_ends:
        ear, mouth = _pipe()
        open_ends.callback(os.close, ear)
        try:
            process = await _started(argv, env, directory, mouth)
        finally:
            os.close(mouth)
        said = _Said(limit)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(said.hear, ear)
                status = await process.wait()
                _kill(process)  # whom it has left behind
                with anyio.move_on_after(_REST_S):
                    await said.whole.wait()
                tasks.cancel_scope.cancel()
        finally:
            if process.returncode is None:  # else its number may be another's by now
                _kill(process)
                with anyio.CancelScope(shield=True):
                    await process.wait()
    return Ended(status, bytes(said.kept), said.is_cut)


def _pipe() -> tuple[int, int]:
    """Both ends of a pipe of our own: those of the loop stay open as long as anybody holds the other end."""
    try:
        ear, mouth = os.pipe()
    except OSError as error:
        raise failed_by(error, None, "making a pipe") from None
    os.set_blocking(ear, False)
    return ear, mouth


async def _started(argv: Sequence[str], env: Mapping[str, str], directory: str, mouth: int) -> Process:
    try:
        return await anyio.open_process(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=mouth,
            stderr=mouth,
            cwd=directory,
            env={"PATH": PATH, "LANG": "C.UTF-8", **env},
            start_new_session=True,
        )
    except OSError as error:
        failed = failed_by(error, None, f"starting {argv[0]} in {directory}")
        raise Failed(Reason.CONFIG_INVALID, failed.detail) if error.errno in _NOT_THERE else failed from None


class _Said:
    """What a command says, up to a limit."""

    def __init__(self, limit: int) -> None:
        self.kept = bytearray()
        self.is_cut = False
        self.whole = anyio.Event()
        self._limit = limit

    async def hear(self, ear: int) -> None:
        while piece := await self._piece(ear):
            room = self._limit - len(self.kept)
            self.kept += piece[:room]
            self.is_cut = self.is_cut or len(piece) > room
        self.whole.set()

    @staticmethod
    async def _piece(ear: int) -> bytes:
        """Nothing at the end."""
        await anyio.wait_readable(ear)
        return os.read(ear, _PIECE)


def _kill(process: Process) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
