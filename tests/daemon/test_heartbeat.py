"""We say that we live only while we would tell of trouble."""

import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import anyio
import pytest

from prober.clock import Clock
from prober.daemon.heartbeat import Heartbeat
from prober.daemon.meters import Meters
from prober.daemon.progress import Progress
from prober.store import ChannelState, Store
from tests.builders import T0
from tests.worlds import recording

pytestmark = pytest.mark.anyio


@contextmanager
def listening(status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """A receiver of heartbeats: its URL, and the paths it was asked for."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/beat", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def heartbeat(
    store: Store, url: str | None, progress: Progress | None = None, channels: Collection[str] = ("hook", "mail")
) -> tuple[Heartbeat, Meters]:
    meters = Meters([], channels)
    return Heartbeat(url, 10, progress or Progress(), store, lambda: channels, Clock(), meters), meters


def value(meters: Meters, name: str) -> float:
    return next(s.value for m in meters.collect() for s in m.samples if s.name == name)


async def kept(one: Heartbeat, until: anyio.Event | None = None, for_s: float = 0.2) -> None:
    with anyio.move_on_after(for_s):
        await one.keep()


async def test_it_beats_while_a_channel_works(tmp_path: Path) -> None:
    async with recording(tmp_path) as (_, store):
        await store.outbox.put_channel(ChannelState("hook", T0, None, "no connection"))
        with listening() as (url, heard):
            one, meters = heartbeat(store, url)
            await kept(one, for_s=1.0)
        assert set(heard) == {"/beat"}
        assert value(meters, "uptime_alert_path_up") == 1
        assert value(meters, "uptime_heartbeat_timestamp_seconds") > 0


async def test_it_is_silent_while_no_channel_works_and_that_is_seen(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with recording(tmp_path) as (_, store):
        for id_ in ("hook", "mail"):
            await store.outbox.put_channel(ChannelState(id_, T0, T0, "answered 410"))
        with listening() as (url, heard):
            one, meters = heartbeat(store, url)
            await kept(one)
        assert heard == []
        assert value(meters, "uptime_alert_path_up") == 0
        assert caplog.text.count("the alert path is broken: no channel takes notices") == 1


async def test_it_is_silent_while_a_part_is_stuck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prober.daemon.heartbeat.STUCK_S", -1.0)
    async with recording(tmp_path) as (_, store):
        progress = Progress()
        progress.tick("scheduler")
        one, _ = heartbeat(store, None, progress)
        assert await one.trouble() == "no progress in: scheduler"


async def test_without_channels_there_is_nothing_to_break(tmp_path: Path) -> None:
    async with recording(tmp_path) as (_, store):
        one, _ = heartbeat(store, None, channels=())
        assert await one.trouble() is None


async def test_a_receiver_that_is_down_or_refuses_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with recording(tmp_path) as (_, store):
        one, meters = heartbeat(store, f"http://127.0.0.1:{port}/")
        await kept(one)
        with listening(503) as (url, _):
            other, _ = heartbeat(store, url)
            await kept(other, for_s=1.0)
    assert "the heartbeat did not arrive: ConnectError" in caplog.text
    assert "the heartbeat was refused: answered 503" in caplog.text
    assert value(meters, "uptime_heartbeat_timestamp_seconds") == 0
