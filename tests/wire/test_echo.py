"""Echoes, as a peer on UDP gives them: what is asked and answered are the very bytes of ICMP."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from prober.core.model import Phase
from prober.core.reason import Reason
from prober.wire.address import Address
from prober.wire.datagram import Datagrams, datagrams
from prober.wire.echo import FAMILIES, NO_ECHO, Echoes, ask, permitted
from prober.wire.failure import Failed

pytestmark = pytest.mark.anyio

V4 = FAMILIES[4]
LOOPBACK = Address("127.0.0.1", 4)


@contextmanager
def peer(*answers: list[bytes] | None) -> Iterator[Datagrams]:
    """Answers one packet after another: None = with its echo, else with these datagrams."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(10)

        def serve() -> None:
            for answer in answers:
                asked, prober = sock.recvfrom(2000)
                for said in [bytes([0]) + asked[1:]] if answer is None else answer:
                    sock.sendto(said, prober)

        thread = Thread(target=serve)
        thread.start()
        with datagrams(LOOPBACK, sock.getsockname()[1]) as sockets:
            yield sockets
        thread.join()


async def asked(sockets: Datagrams, echoes: Echoes, wait_s: float = 10.0) -> Failed | None:
    clock = iter(range(0, 10_000_000, 5_000))
    return await ask(sockets, V4, echoes, 56, wait_s, lambda: next(clock))


async def test_each_packet_that_comes_back_has_its_time() -> None:
    echoes = Echoes()
    with peer(None, None) as sockets:
        assert await asked(sockets, echoes) is None
        assert await asked(sockets, echoes) is None
    assert (echoes.sent, echoes.rtts_us, echoes.loss_percent) == (2, [5, 5], 0)


def test_times_are_ranked() -> None:
    echoes = Echoes()
    echoes.rtts_us = [9, 1, 5, 3]
    assert [echoes.rtt_us(share) for share in (0, 0.25, 0.5, 0.51, 0.95, 1)] == [1, 1, 3, 5, 9, 9]


@pytest.mark.parametrize(("ip", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)])
async def test_how_far_a_datagram_has_come_is_told_where_it_is_asked(ip: str, family: socket.AddressFamily) -> None:
    with socket.socket(family, socket.SOCK_DGRAM) as far:
        far.bind((ip, 0))
        with datagrams(Address(ip, 6 if ":" in ip else 4), far.getsockname()[1]) as sockets:
            await sockets.send(b"?")
            _, prober = far.recvfrom(9)
            far.sendto(b"one", prober)
            assert await sockets.heard_with_hops() == (b"one", None)
            sockets.tell_hops(family)
            for hops in (64, 3):
                if family is socket.AF_INET:
                    far.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, hops)
                else:
                    far.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, hops)
                far.sendto(b"two", prober)
                assert await sockets.heard_with_hops() == (b"two", hops)


async def test_what_is_no_echo_of_this_packet_is_passed_over() -> None:
    echoes = Echoes()
    strays = [b"", b"x", b"\x00" * 64, b"\x08" + b"\x00" * 63]
    with peer(strays, None) as sockets:
        await asked(sockets, echoes, wait_s=0.05)
        assert (echoes.sent, echoes.rtts_us, echoes.loss_percent) == (1, [], 100)
        await asked(sockets, echoes)
    assert (echoes.sent, len(echoes.rtts_us), echoes.loss_percent) == (2, 1, 50)


async def test_what_the_way_there_says_is_told() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    echoes = Echoes()
    with datagrams(LOOPBACK, port) as sockets:
        said = await asked(sockets, echoes)
    assert said is not None
    assert (said.reason, echoes.sent, echoes.rtts_us) == (Reason.CONNECT_REFUSED, 1, [])


def test_nothing_is_lost_of_nothing() -> None:
    assert Echoes().loss_percent == 0


def test_who_may_ping_is_told_in_a_sentence() -> None:
    assert "net.ipv4.ping_group_range" in permitted()


def test_no_phase_is_without_its_timeout() -> None:
    assert set(NO_ECHO) == set(Phase)
