"""Datagrams to one address and back."""

import socket

import pytest

from prober.core.reason import Reason
from prober.wire.address import Address
from prober.wire.datagram import datagrams
from prober.wire.failure import Failed

pytestmark = pytest.mark.anyio

LOOPBACK = Address("127.0.0.1", 4)


async def test_what_is_sent_arrives_and_only_the_peer_is_heard() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
    ):
        peer.settimeout(10)
        peer.bind(("127.0.0.1", 0))
        with datagrams(LOOPBACK, peer.getsockname()[1]) as sockets:
            await sockets.send(b"hello")
            said, prober = peer.recvfrom(99)
            stranger.sendto(b"me, too", prober)
            peer.sendto(said.upper(), prober)
            assert await sockets.heard() == b"HELLO"


async def test_a_port_that_nobody_listens_on_refuses() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with datagrams(LOOPBACK, port) as sockets:
        await sockets.send(b"hello")
        with pytest.raises(Failed, match=f"waiting for 127.0.0.1 port {port}: connection refused") as caught:
            await sockets.heard()
        assert caught.value.reason is Reason.CONNECT_REFUSED
        await sockets.send(b"hello")
        with pytest.raises(Failed):
            await sockets.heard()


async def test_what_the_system_does_not_let_us_do_is_ours() -> None:
    everybody = datagrams(Address("255.255.255.255", 4), 9)
    with pytest.raises(Failed, match="port 9: permission denied") as caught, everybody:
        pytest.fail("it was let")
    assert caught.value.reason is Reason.SELF_UPLINK
    impossible = datagrams(LOOPBACK, 0, protocol=socket.IPPROTO_TCP)
    with pytest.raises(Failed, match="opening a socket: ") as caught, impossible:
        pytest.fail("it was let")
    assert caught.value.reason is Reason.SELF_INTERNAL
