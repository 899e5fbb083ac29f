"""Servers on loopback start, answer, and leave nothing behind."""

from contextlib import closing

import anyio
import pytest
from starlette.applications import Starlette

from prober.demo.serve import accepting, address, listener, serving
from prober.errors import ProberError


def port_of(place: str) -> int:
    return int(place.rpartition(":")[2])


def test_a_taken_port_is_told_in_one_sentence_or_replaced() -> None:
    with closing(listener(0)) as first:
        port = port_of(address(first))
        with pytest.raises(
            ProberError, match=rf"^127.0.0.1:{port}: expected a free port, found: address already in use$"
        ):
            listener(port)
        with closing(listener(port, or_any=True)) as second:
            assert port_of(address(second)) not in (0, port)


@pytest.mark.anyio
async def test_an_application_is_served_until_the_end_of_the_block() -> None:
    on = listener(0)
    host, port = on.getsockname()
    async with serving(Starlette(), on), await anyio.connect_tcp(host, port) as stream:
        await stream.send(b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert (await stream.receive()).startswith(b"HTTP/1.1 404")
    with pytest.raises(OSError, match=r"refused|failed"):
        await anyio.connect_tcp(host, port)


@pytest.mark.anyio
async def test_a_cancelled_block_ends_in_peace() -> None:
    with anyio.CancelScope() as scope:
        async with serving(Starlette(), listener(0)), accepting(listener(0)):
            scope.cancel()
            await anyio.sleep_forever()
    assert scope.cancelled_caught


@pytest.mark.anyio
async def test_an_error_of_the_block_passes_as_it_is() -> None:
    with pytest.raises(ProberError, match=r"^mine$"):
        async with serving(Starlette(), listener(0)), serving(Starlette(), listener(0)):
            raise ProberError("mine")


@pytest.mark.anyio
async def test_a_tcp_port_accepts_and_hangs_up() -> None:
    on = listener(0)
    host, port = on.getsockname()
    async with accepting(on), await anyio.connect_tcp(host, port) as stream:
        with pytest.raises(anyio.EndOfStream):
            await stream.receive()
