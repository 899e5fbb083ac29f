"""A real daemon as a subprocess, with a real target and a real receiver on loopback."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

from tests.ports import free_port

T = TypeVar("T")
PATIENCE_S = 40.0


def eventually(look: Callable[[], T | None], what: str, log: Callable[[], str] | None = None) -> T:
    """The first truthy answer of look(); fails after a while, saying what was waited for, and what the log says."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited in vain for {what}" + (f"; the log:\n{log()}" if log is not None else ""))


class Server(ThreadingHTTPServer):
    """Answers on loopback in threads of its own; notes every POST; can be stopped and started on the same port."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int) -> None:
        self.posts: list[tuple[dict[str, str], Any]] = []
        self.status = 200
        self.location: str | None = None
        self.hosts: list[str] = []  # by which names it was asked
        super().__init__(("127.0.0.1", port), Handler)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """GET answers the server's status; POST is noted."""

    server: Server

    def do_GET(self) -> None:
        self.server.hosts.append(self.headers["Host"])
        self._answer(self.server.status)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.server.status == 200:
            self.server.posts.append((headers, json.loads(body)))
        self._answer(self.server.status)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        if self.server.location is not None:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served(port: int | None = None) -> Iterator[Server]:
    server = Server(port or free_port())
    try:
        yield server
    finally:
        server.stop()


CONFIG = """
[prober]
state_dir = "state"
public = "127.0.0.1:{public}"
up = "127.0.0.1:{up}"
admin_key = "admin-secret-0123456789"

[sites.main]
name = "Acceptance"

[components.shop]
name = "Shop"

[checks.shop]
kind = "http"
url = "http://127.0.0.1:{target}/"
interval = "{interval}"
timeout = "{timeout}"
retry_interval = "100ms"
failures = 3
successes = 2

[channels.ops]
kind = "webhook"
url = "http://127.0.0.1:{receiver}/hook"
format = "up"

[subscriptions.ops]
channel = "ops"
topics = ["incidents"]
"""


_ENDED = re.compile(r"INFO +reloaded: |the configuration is not reloaded")


OneDaemon = TypeVar("OneDaemon", bound="Daemon")


class Daemon:
    """A daemon on a configuration in a folder; may be killed and started again."""

    def __init__(self, folder: Path, target: int, receiver: int, interval: str = "1s", timeout: str = "1s") -> None:
        self.folder = folder
        self.public, self.up = free_port(), free_port()
        self.config = folder / "config.toml"
        ports = {"public": self.public, "up": self.up, "target": target, "receiver": receiver}
        self.config.write_text(CONFIG.format(**ports, interval=interval, timeout=timeout))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, ready: int = 200, **env: str) -> None:
        """Start it and wait until it is ready, or says with that status that it is not."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdout=log,
                stderr=log,
                env=os.environ | env,
                pass_fds=self.descriptors(),
            )
        eventually(lambda: self.status("/-/ready") == ready, "the daemon to be ready", self.log)

    def command(self) -> list[str]:
        return [sys.executable, "-m", "prober", "run", "--config", str(self.config)]

    def descriptors(self) -> list[int]:
        """What it inherits."""
        return []

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def kill(self) -> None:
        """kill -9"""
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def reload(self, text: str | None) -> None:
        """Write this into the configuration file (None: there is none), send SIGHUP, and wait until the daemon has
        read it, good or not.
        """
        self.reload_bytes(None if text is None else text.encode())

    def reload_bytes(self, text: bytes | None) -> None:
        """As `reload`, for what need not be text."""
        assert self.process
        self.config.unlink(missing_ok=True)
        if text is not None:
            self.config.write_bytes(text)
        told = len(_ENDED.findall(self.log()))
        self.process.send_signal(signal.SIGHUP)
        eventually(lambda: len(_ENDED.findall(self.log())) > told, "the daemon to read its configuration again")

    def descriptors_open(self) -> int:
        assert self.process
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def series(self) -> dict[str, float]:
        """All figures of /metrics."""
        lines = self.get("/metrics").decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def status(self, path: str) -> int | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.public}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def get(self, path: str, port: int | None = None, **headers: str) -> bytes:
        request = urllib.request.Request(f"http://127.0.0.1:{port or self.public}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=5) as answer:
            body: bytes = answer.read()
            return body

    def summary(self) -> Any:
        return json.loads(self.get("/api/v2/summary.json"))

    def component(self) -> str:
        (component,) = [c for c in self.summary()["components"] if not c["group"]]
        return str(component["status"])


@contextmanager
def alive(one: OneDaemon, **env: str) -> Iterator[OneDaemon]:
    """Started, and killed in the end if it still runs."""
    try:
        one.start(200, **env)
        yield one
    finally:
        if one.process and one.process.poll() is None:
            one.kill()


@contextmanager
def daemon(folder: Path, target: int, receiver: int, interval: str = "1s", timeout: str = "1s") -> Iterator[Daemon]:
    with alive(Daemon(folder, target, receiver, interval, timeout)) as one:
        yield one
