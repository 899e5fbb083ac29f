"""Daemons that start in a moment: forked from an interpreter that has everything in memory, and nothing begun.

`python -m tests.durability.nursery` reads orders from its input, a line of JSON each, and answers each with the number
of a process.
"""

import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PACKAGES = ("prober", "statusapi")
LAZY = ("uvloop", "anyio._backends._asyncio", "uvicorn.protocols.http.httptools_impl", "uvicorn.lifespan.on")
GONE_S = 20


class Forked:
    """A process that is nobody's child here; as much of subprocess.Popen as is needed."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        try:
            self._fd: int | None = os.pidfd_open(pid)
        except ProcessLookupError:
            self._fd = None

    def poll(self) -> int | None:
        """None as long as it lives; nobody knows how it ended."""
        return None if self._is_alive(0) else -signal.SIGKILL

    def kill(self) -> None:
        if self._fd is not None:
            signal.pidfd_send_signal(self._fd, signal.SIGKILL)

    def wait(self) -> int:
        assert not self._is_alive(GONE_S), f"expected process {self.pid} to end"
        return -signal.SIGKILL

    def _is_alive(self, patience_s: float) -> bool:
        if self._fd is None:
            return False
        ready, _, _ = select.select([self._fd], [], [], patience_s)
        if ready:
            os.close(self._fd)
            self._fd = None
        return not ready


class Nursery:
    """The interpreter, as seen from outside."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def start(self, arguments: list[str], env: Mapping[str, str], log: Path) -> Forked:
        """Begin `prober ARGUMENTS`, with these variables as well."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        order = {"arguments": arguments, "env": dict(env), "log": str(log)}
        stdin.write(json.dumps(order).encode() + b"\n")
        stdin.flush()
        return Forked(int(stdout.readline()))


@contextmanager
def nursery(code: Path) -> Iterator[Nursery]:
    """Of the program in that folder."""
    command = [sys.executable, "-m", "tests.durability.nursery"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=code) as process:
        yield Nursery(process)
        assert process.stdin
        process.stdin.close()  # and so it ends


def preload() -> None:
    """Everything that a daemon would import."""
    for package in PACKAGES:
        root = importlib.import_module(package)
        for module in pkgutil.walk_packages(root.__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    for name in LAZY:
        importlib.import_module(name)
    importlib.import_module("prober.store.named").queries()


def serve() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    gc.collect()
    gc.freeze()
    while order := sys.stdin.readline():
        pid = os.fork()
        if not pid:
            live(**json.loads(order))
        print(pid, flush=True)  # noqa: T201 - the answer


def live(arguments: list[str], env: dict[str, str], log: str) -> None:
    """The life of a child. Never returns."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        for descriptor, to in ((os.open(os.devnull, os.O_RDONLY), 0), (out, 1), (out, 2)):
            os.dup2(descriptor, to)
        os.environ.update(env)
        sys.argv = ["prober", *arguments]
        importlib.import_module("prober.cli").main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)


if __name__ == "__main__":
    preload()
    serve()
