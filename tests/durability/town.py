"""Targets that fail as they are told to, a receiver that notes what comes, and a real daemon between them."""

import os
import socket
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

from tests.acceptance.scene import PATIENCE_S, eventually
from tests.durability.nursery import Forked, Nursery
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
SUBSCRIPTIONS = ("pager", "chat")
KEY = "admin-secret-0123456789"
CONFIG = """
[prober]
state_dir = "state"
public = "127.0.0.1:{public}"
up = "off"
admin_key = "{key}"
safe_mode_after = 0
ballast = 0

[sites.main]
name = "Town"

[channels.pager]
kind = "webhook"
url = "http://127.0.0.1:{town}/pager"
format = "up"

[channels.chat]
kind = "webhook"
url = "http://127.0.0.1:{town}/chat"
format = "up"

[subscriptions.pager]
channel = "pager"
topics = ["incidents"]

[subscriptions.chat]
channel = "chat"
topics = ["incidents"]
"""
CHECK = """
[components.{id}]
name = "{id}"

[checks.{id}]
kind = "http"
url = "http://127.0.0.1:{town}/{id}"
interval = "{interval_ms}ms"
timeout = "{interval_ms}ms"
failures = 1
successes = 1
"""


class Town(ThreadingHTTPServer):
    """down: paths that answer 503 now. flaps_after: every so many answers a check turns; 0 = only when told to.

    answers: per check, per life of the daemon, whether it was told "up". received: id and body of each message.
    """

    daemon_threads = True

    def __init__(self, flaps_after: int = 0) -> None:
        self.down: set[str] = set()
        self.flaps_after = flaps_after
        self.life = -1
        self.answers: dict[str, dict[int, list[bool]]] = defaultdict(lambda: defaultdict(list))
        self.received: list[tuple[str, bytes]] = []
        self.lock = threading.Lock()
        self.served = 0  # requests that are being answered
        super().__init__(("127.0.0.1", 0), Citizen)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.lock:
            self.served += 1
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self.lock:
                self.served -= 1

    def settle(self) -> None:
        """Wait until whatever had been asked before, maybe by somebody who is dead, is answered."""
        with socket.create_connection(("127.0.0.1", self.server_address[1]), timeout=PATIENCE_S) as last:
            last.sendall(b"HEAD / HTTP/1.0\r\n\r\n")
            last.recv(1)  # it was taken up after all others
        eventually(lambda: not self.served, "the last answers")

    def lives(self, check: str) -> list[list[bool]]:
        return [self.answers[check][life] for life in range(self.life + 1)]

    def answered(self, life: int) -> bool:
        """Whether any check was answered in that life."""
        with self.lock:
            return any(lives.get(life) for lives in self.answers.values())

    def answer(self, check: str) -> bool:
        with self.lock:
            count = sum(map(len, self.answers[check].values()))
            if self.flaps_after and count % self.flaps_after == self.flaps_after - 1:
                self.down ^= {check}
            is_up = check not in self.down
            self.answers[check][self.life].append(is_up)
            return is_up


class Citizen(BaseHTTPRequestHandler):
    server: Town

    def do_GET(self) -> None:
        self._answer(200 if self.server.answer(self.path.strip("/")) else 503)

    def do_HEAD(self) -> None:
        self._answer(200)

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:
            return  # its sender was killed
        with self.server.lock:
            self.server.received.append((self.headers["webhook-id"], body))
        self._answer(200)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def town(flaps_after: int = 0) -> Iterator[Town]:
    one = Town(flaps_after)
    try:
        yield one
    finally:
        one.shutdown()
        one.server_close()


class Guard:
    """The real daemon that watches the town; killed and started again by whoever has it.

    code: the folder of the program. module: what is run of it. before: what goes before the command. nursery: where it
    is forked from; None = it is started as any program.
    """

    module = "prober"
    before: tuple[str, ...] = ()
    nursery: Nursery | None = None

    def __init__(
        self, folder: Path, town: Town, checks: tuple[str, ...], interval_ms: int = 200, code: Path = ROOT
    ) -> None:
        self.folder, self.town, self.code = folder, town, code
        self.public = free_port()
        self.state_dir, self.database = folder / "state", folder / "state" / "prober.db"
        self.process: subprocess.Popen[bytes] | Forked | None = None
        port = town.server_address[1]
        text = CONFIG.format(key=KEY, public=self.public, town=port)
        text += "".join(CHECK.format(id=id_, town=port, interval_ms=interval_ms) for id_ in checks)
        (folder / "config.toml").write_text(text)

    def start(self, **env: str) -> None:
        """A new life begins; it is not waited for."""
        self.town.life += 1
        arguments = ["run", "--config", str(self.folder / "config.toml")]
        if self.nursery is not None:
            self.process = self.nursery.start(arguments, env, self.folder / "log")
            return
        with (self.folder / "log").open("ab") as log:
            command = [*self.before, sys.executable, "-m", self.module, *arguments]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | env, cwd=self.code)

    @property
    def is_dead(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def kill(self) -> None:
        """kill -9"""
        assert self.process
        self.process.kill()
        self.process.wait()
        self.town.settle()

    def log(self) -> str:
        return (self.folder / "log").read_text()


G = TypeVar("G", bound=Guard)


@contextmanager
def guarded(one: G) -> Iterator[G]:
    """Its daemon is killed at the end, if it is not dead."""
    try:
        yield one
    finally:
        if not one.is_dead:
            one.kill()


@contextmanager
def guard(
    folder: Path, town: Town, checks: tuple[str, ...], interval_ms: int = 200, code: Path = ROOT
) -> Iterator[Guard]:
    with guarded(Guard(folder, town, checks, interval_ms, code)) as one:
        yield one
