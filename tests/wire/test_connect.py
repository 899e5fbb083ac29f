"""One connection to one address, and what it means when there is none."""

import asyncio
import socket

import pytest

from prober.core.reason import Owner, Reason
from prober.wire.address import Address
from prober.wire.connect import connect
from prober.wire.failure import Failed
from tests.wire.hostile import Peer, serving, silent

pytestmark = pytest.mark.anyio

LOOPBACK = Address("127.0.0.1", 4)


def speaks_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


class Listener(asyncio.Protocol):
    """Keeps what it hears until the peer has said all."""

    def __init__(self) -> None:
        self.heard = b""
        self.is_over = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.heard += data

    def eof_received(self) -> None:
        self.is_over.set()


async def says_hello(peer: Peer) -> None:
    await peer.say(b"hello")
    peer.end()
    await peer.stall()


async def test_the_connection_is_spoken_to_through_what_was_made() -> None:
    async with serving(says_hello) as port:
        transport, listener = await connect(Listener, LOOPBACK, port)
        await listener.is_over.wait()
        assert transport.get_extra_info("peername") == ("127.0.0.1", port)
        transport.abort()
    assert listener.heard == b"hello"


async def test_every_call_makes_a_connection_of_its_own() -> None:
    async with serving(silent) as port:
        first, _ = await connect(asyncio.Protocol, LOOPBACK, port)
        second, _ = await connect(asyncio.Protocol, LOOPBACK, port)
        assert first.get_extra_info("sockname") != second.get_extra_info("sockname")
        first.abort()
        second.abort()


async def test_a_port_without_a_listener_refuses(free_port: int) -> None:
    with pytest.raises(Failed) as caught:
        await connect(asyncio.Protocol, LOOPBACK, free_port)
    assert caught.value.reason is Reason.CONNECT_REFUSED
    assert caught.value.detail == f"connecting to 127.0.0.1 port {free_port}: connection refused"


async def test_an_address_that_this_host_may_not_call_is_our_trouble() -> None:
    # The kernel refuses to call everybody (EACCES, or ENETUNREACH without a route): nothing is sent.
    with pytest.raises(Failed) as caught:
        await connect(asyncio.Protocol, Address("255.255.255.255", 4), 9)
    assert (caught.value.reason, caught.value.reason.owner) == (Reason.SELF_UPLINK, Owner.SELF)
    assert caught.value.detail.startswith("connecting to 255.255.255.255 port 9: ")


@pytest.mark.skipif(not speaks_ipv6(), reason="no IPv6 on loopback")
async def test_an_ipv6_address_is_called_as_such() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        port = server.getsockname()[1]
        transport, _ = await connect(asyncio.Protocol, Address("::1", 6), port)
        assert transport.get_extra_info("peername")[:2] == ("::1", port)
        transport.abort()
