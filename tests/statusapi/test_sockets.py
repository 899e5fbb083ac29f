"""Changes are told by WebSocket, over real sockets, to whom the stream would tell them and to nobody else."""

import base64
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream

from prober.daemon import serve
from prober.daemon.serve import bound, serving
from statusapi.page import live
from tests.statusapi.page.test_live import tag_of
from tests.statusapi.scene import ACME, CONFIG, Scene, scene

pytestmark = pytest.mark.anyio

TEXT, CLOSE = 0x81, 0x88
ENOUGH_S = 20
PRIVATE = CONFIG.replace('url = "https://status.example"\n', 'url = "https://status.example"\nprivate = true\n')
KEY = base64.b64encode(b"sixteen bytes...").decode()


class Reader:
    """A client of a few lines, that sends just what a test says."""

    def __init__(self, stream: SocketStream) -> None:
        self.stream = stream
        self._bytes = BufferedByteReceiveStream(stream)

    async def ask(self, path: str = "/live", key: str = KEY, **headers: str) -> str:
        """The head of the answer."""
        fields = {
            "Host": "status.example",
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
        }
        fields |= {"Sec-WebSocket-Key": key} if key else {}
        lines = [f"{name}: {value}\r\n" for name, value in {**fields, **headers}.items()]
        await self.stream.send(f"GET {path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode())
        return (await self._bytes.receive_until(b"\r\n\r\n", 10_000)).decode()

    async def next(self) -> tuple[int, bytes]:
        """Kind and content of the next frame."""
        kind, length = await self._bytes.receive_exactly(2)
        return kind, await self._bytes.receive_exactly(length)

    async def say(self, kind: int, content: bytes) -> None:
        await self.stream.send(bytes([kind, 0x80 | len(content), 0, 0, 0, 0]) + content)


@asynccontextmanager
async def readers(it: Scene, count: int = 1) -> AsyncIterator[list[Reader]]:
    """So many, connected to the scene's site as the daemon serves it."""
    with closing(bound("127.0.0.1", 0)) as listener, anyio.fail_after(ENOUGH_S):
        async with serving({listener: it.application}):
            found = [Reader(await anyio.connect_tcp(*listener.getsockname())) for _ in range(count)]
            yield found
            it.views.close()
            for reader in found:
                await reader.stream.aclose()


async def test_all_are_told_of_a_change_with_the_tag_of_the_page(tmp_path: Path) -> None:
    async with scene(tmp_path) as it, readers(it, 3) as found:
        for reader in found:
            assert (await reader.ask()).startswith("HTTP/1.1 101 ")
            assert await reader.next() == (TEXT, (await tag_of(it)).encode())
        await it.see("down down")
        for reader in found:
            assert await reader.next() == (TEXT, (await tag_of(it)).encode())


async def test_another_site_has_a_stream_of_its_own(tmp_path: Path) -> None:
    async with scene(tmp_path) as it, readers(it) as (reader,):
        await reader.ask("/s/second/live")
        assert await reader.next() == (TEXT, (await tag_of(it, "/s/second")).encode())


async def test_who_reads_is_asked_to_come_again_when_another_configuration_takes_over(tmp_path: Path) -> None:
    async with scene(tmp_path) as it, readers(it) as (reader,):
        await reader.ask()
        await reader.next()
        it.views.close()
        assert await reader.next() == (CLOSE, (1012).to_bytes(2, "big"))


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/s/none/live", {}, 404),
        ("/", {}, 403),
        ("/api/prober/v1/incidents", {}, 403),
        ("/live", {"Origin": "https://evil.example"}, 403),
        ("/live", {"Origin": "null"}, 403),
        ("/live", {"Origin": "https://["}, 403),
        ("/live", {"Origin": "https://status.example.evil.example"}, 403),
        ("/live", {"Origin": "https://status.example:8443"}, 403),
        ("/live", {"Origin": "https://status.example"}, 101),
        ("/live", {"key": ""}, 400),
        ("/live", {"Sec-WebSocket-Version": "8"}, 426),
    ],
)
async def test_who_may_not_listen_is_told_so(tmp_path: Path, path: str, headers: dict[str, str], status: int) -> None:
    async with scene(tmp_path) as it, readers(it) as (reader,):
        assert (await reader.ask(path, **headers)).startswith(f"HTTP/1.1 {status} ")


async def test_a_private_page_tells_nobody_else(tmp_path: Path) -> None:
    async with scene(tmp_path, text=PRIVATE) as it, readers(it, 2) as (stranger, friend):
        assert (await stranger.ask()).startswith("HTTP/1.1 401 ")
        assert (await friend.ask(Authorization=f"Bearer {ACME}")).startswith("HTTP/1.1 101 ")


async def test_there_are_no_more_readers_than_there_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST", 1)
    async with scene(tmp_path) as it, readers(it, 2) as (first, second):
        await first.ask()
        await first.next()
        assert (await second.ask()).startswith("HTTP/1.1 503 ")
        await first.say(CLOSE, b"")
        assert (await first.next())[0] == CLOSE
        address = second.stream.extra(SocketAttribute.remote_address)
        said = ""
        while not said.startswith("HTTP/1.1 101 "):  # its place is free once it has gone
            async with await anyio.connect_tcp(*address) as stream:
                said = await Reader(stream).ask()


async def test_who_reads_nothing_any_more_loses_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "PING_EVERY_S", 0.1)
    async with scene(tmp_path) as it, readers(it, 2) as (silent, other):
        await silent.ask()
        monkeypatch.setattr(live, "MOST", 1)
        address = other.stream.extra(SocketAttribute.remote_address)
        said = ""
        while not said.startswith("HTTP/1.1 101 "):
            async with await anyio.connect_tcp(*address) as stream:
                said = await Reader(stream).ask()


async def test_what_is_no_frame_harms_nobody_else(tmp_path: Path) -> None:
    async with scene(tmp_path) as it, readers(it, 21) as (other, *wild):
        await other.ask()
        await other.next()
        for n, reader in enumerate(wild):
            await reader.ask()
            await reader.next()
            await reader.stream.send(random.Random(n).randbytes(300))
        await it.see("down down")
        assert await other.next() == (TEXT, (await tag_of(it)).encode())


@pytest.mark.parametrize("said", [b"hello", b"x" * 125])
async def test_who_has_something_to_say_is_sent_away_and_nobody_else_is_harmed(tmp_path: Path, said: bytes) -> None:
    async with scene(tmp_path) as it, readers(it, 2) as (loud, other):
        for reader in (loud, other):
            await reader.ask()
            await reader.next()
        await loud.say(TEXT, said)
        assert await loud.next() == (CLOSE, (1008).to_bytes(2, "big"))
        await it.see("down down")
        assert await other.next() == (TEXT, (await tag_of(it)).encode())
