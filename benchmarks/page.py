"""What the page costs, and whom it reaches: beside a bare server of constant bytes, and with thousands of readers told.

A real daemon with its probes on loopback, and uvicorn as the daemon sets it up with an application that sends the same
bytes, each in a process of its own, and both on the same core; who asks has another. Requests are pipelined, in turns,
so that both meet the same machine. Of the readers who are told, half are told by WebSocket, half by server-sent events.
Run: .venv/bin/python benchmarks/page.py [--readers 5000]
"""

import argparse
import asyncio
import json
import os
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from statusapi.page.live import most_readers

CORES = os.sched_getaffinity(0)
CHECKS = 50
ROUNDS = 5
SECONDS = 2.0  # of each round
CONNECTIONS = 16
PIPELINED = 8
HOP = ("date", "connection")  # headers that the server adds by itself
DESCRIPTORS = 65_536  # as the unit has them
TEXT, PING, PONG = 0x81, 0x89, 0x8A  # frames of a WebSocket
UPGRADE = (
    b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2l4dGVlbiBieXRlcy4uLg==\r\n\r\n"
)
STREAM = b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
KEY = "benchmark-key-0123456789"
NAMES = "".join(
    f'[components.c{n}]\nname = "Component {n}"\n'
    f'[checks.c{n}]\nkind = "tcp"\nhost = "127.0.0.1"\nport = {{target}}\ninterval = "1s"\ntimeout = "900ms"\n'
    for n in range(CHECKS)
)
CONFIG = """[prober]
state_dir = "state"
public = "127.0.0.1:{public}"
up = "off"
admin_key = "{key}"
log_level = "warning"
"""
BARE = r"""
import sys
import anyio
from prober.daemon.serve import bound, serving
head, _, body = sys.stdin.buffer.read().partition(b"\r\n\r\n")
HEADERS = [tuple(line.split(b": ", 1)) for line in head.split(b"\r\n")]
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": body})
async def main():
    async with serving({bound("127.0.0.1", int(sys.argv[1])): app}):
        await anyio.sleep_forever()
anyio.run(main, backend_options={"use_uvloop": True})
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def started(command: list[str], port: int, given: bytes = b"") -> Iterator[int]:
    """The process once it answers on that port."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    os.sched_setaffinity(process.pid, {min(CORES)})
    assert process.stdin
    process.stdin.write(given)
    process.stdin.close()
    try:
        until = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
        yield port
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


class Asker(asyncio.Protocol):
    """Asks for the page again and again on one connection, several questions ahead."""

    def __init__(self, request: bytes, size: int) -> None:
        self._request, self._size = request, size
        self._bytes, self.answers = 0, 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request * PIPELINED)

    def data_received(self, data: bytes) -> None:
        self._bytes += len(data)
        answers = self._bytes // self._size
        if answers > self.answers:
            self.transport.write(self._request * (answers - self.answers))
            self.answers = answers


async def per_second(port: int) -> float:
    """Answers a second."""
    loop = asyncio.get_running_loop()
    request = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n\r\n".encode()
    size = await _size(port, request)
    askers = [
        (await loop.create_connection(lambda: Asker(request, size), "127.0.0.1", port))[1] for _ in range(CONNECTIONS)
    ]
    await asyncio.sleep(0.2)
    before, began = sum(asker.answers for asker in askers), time.perf_counter()
    await asyncio.sleep(SECONDS)
    after, took = sum(asker.answers for asker in askers), time.perf_counter() - began
    for asker in askers:
        asker.transport.abort()
    return (after - before) / took


async def _size(port: int, request: bytes) -> int:
    """Bytes of an answer, head and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    found = re.search(rb"content-length: (\d+)", head.lower())
    assert found
    writer.close()
    return len(head) + int(found[1])


class Told(asyncio.Protocol):
    """A reader who is told of changes. heard: when the latest event came."""

    asks: bytes

    def __init__(self) -> None:
        self.events, self.heard, self._bytes = 0, 0.0, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.asks)


class Streaming(Told):
    """By server-sent events."""

    asks = STREAM

    def data_received(self, data: bytes) -> None:
        events = (self._bytes + data).count(b"data: ")
        self._bytes = data[-5:]
        if events:
            self.events, self.heard = self.events + events, time.perf_counter()


class Socket(Told):
    """By WebSocket."""

    asks = UPGRADE

    def data_received(self, data: bytes) -> None:
        self._bytes += data
        if self._bytes.startswith(b"HTTP/"):
            head, end, rest = self._bytes.partition(b"\r\n\r\n")
            if not end:
                return
            assert b" 101 " in head, head
            self._bytes = rest
        while len(self._bytes) >= 2 and len(self._bytes) >= 2 + self._bytes[1]:
            kind, content = self._bytes[0], self._bytes[2 : 2 + self._bytes[1]]
            self._bytes = self._bytes[2 + len(content) :]
            if kind == TEXT:
                self.events, self.heard = self.events + 1, time.perf_counter()
            elif kind == PING:
                self.transport.write(bytes([PONG, 0x80 | len(content), 0, 0, 0, 0]) + content)


async def told(port: int, readers: int) -> tuple[dict[str, float], dict[str, float]]:
    """How soon so many readers have been told of an incident that is opened by hand; and the daemon's lag before it."""
    loop, found = asyncio.get_running_loop(), []
    for n in range(readers):
        kind = Socket if n % 2 else Streaming
        found.append((await loop.create_connection(kind, "127.0.0.1", port))[1])
    while sum(one.events > 0 for one in found) < readers:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    await asyncio.sleep(2)
    arrived = await asyncio.to_thread(lag, port)
    before, began = [one.events for one in found], time.perf_counter()
    await asyncio.to_thread(open_incident, port)
    while any(one.events == count for one, count in zip(found, before, strict=True)):
        if time.perf_counter() - began > 30:
            break
        await asyncio.sleep(0.01)
    await asyncio.sleep(2)
    reached = [one.heard - began for one, count in zip(found, before, strict=True) if one.events > count]
    for one in found:
        one.transport.abort()
    figures = {"readers": readers, "reached": len(reached), "reached_in_s": round(max(reached, default=0), 3)}
    return figures, arrived


def whole(port: int) -> bytes:
    """The page as it is sent, without the line of its status and without what the server adds."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        head = [f"{name.lower()}: {value}" for name, value in answer.headers.items() if name.lower() not in HOP]
        body: bytes = answer.read()
        return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def open_incident(port: int) -> None:
    fields = {"site": "main", "name": "A test", "body": "Of readers", "status": "investigating", "components": ["c1"]}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/prober/v1/incidents",
        json.dumps(fields | {"impact": "major"}).encode(),
        {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=30).close()


def lag(port: int) -> dict[str, float]:
    """The daemon's histogram of lag so far, by the upper bound of each bucket."""
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
    return {
        le: float(n) for le, n in re.findall(r'^\w*lag_seconds_bucket\{.*?le="([^"]+)".*?\} (\S+)', text, re.MULTILINE)
    }


def late(before: dict[str, float], after: dict[str, float]) -> str:
    """The smallest bound within which 99 of 100 probes started meanwhile, in seconds."""
    counts = {le: after[le] - before.get(le, 0) for le in after}
    return next((le for le, count in counts.items() if count >= 0.99 * counts["+Inf"]), "+Inf")


async def measured(port: int, bare: int, readers: int) -> dict[str, object]:
    await asyncio.sleep(3)
    start = lag(port)
    await asyncio.sleep(5)
    calm = lag(port)
    figures = [(await per_second(port), await per_second(bare)) for _ in range(ROUNDS)]
    asked = lag(port)
    reached, arrived = await told(port, readers)
    end = lag(port)
    page, plain = (statistics.median(one) for one in zip(*figures, strict=True))
    return {
        "page_per_s": round(page),
        "bare_per_s": round(plain),
        "ratio": round(page / plain, 2),
        **reached,
        "lag_p99_s": {
            "calm": late(start, calm),
            "asked": late(calm, asked),
            "arriving": late(asked, arrived),
            "told": late(arrived, end),
        },
    }


class _HangUp(asyncio.Protocol):
    """What is probed: it accepts, and says goodbye."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


async def main(readers: int) -> None:
    target = await asyncio.get_running_loop().create_server(_HangUp, "127.0.0.1", 0)
    public, other = free_port(), free_port()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, ExitStack() as stack:
        config = Path(folder) / "config.toml"
        names = NAMES.format(target=target.sockets[0].getsockname()[1])
        config.write_text(CONFIG.format(public=public, key=KEY) + names)
        command = [sys.executable, "-m", "prober", "run", "--config", str(config)]
        stack.enter_context(await asyncio.to_thread(lambda: started(command, public)))
        page = await asyncio.to_thread(whole, public)
        stack.enter_context(started([sys.executable, "-c", BARE, str(other)], other, page))
        print(json.dumps({"benchmark": "page", "figures": await measured(public, other, readers)}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=5_000)
    asked = parser.parse_args().readers
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    except (OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    asked = min(asked, most_readers())  # as many as the daemon takes
    os.sched_setaffinity(0, {max(CORES)})
    asyncio.run(main(asked))
