"""A probe held to public addresses connects to no other, however it is led there: a recorder sits on the sockets."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import IPv6Address, ip_network
from typing import Any

import pytest
from anyio import create_task_group, create_tcp_listener
from anyio.abc import SocketAttribute, SocketStream
from pydantic import ValidationError

from prober.clock import Clock
from prober.core.model import Observation
from prober.core.reason import Reason
from prober.probes import kind
from prober.probes.guarded import GuardedProbe
from prober.wire.guard import Guard
from tests.forbidden import IP, members, recorded, spellings
from tests.probes.scene import DUE, options
from tests.wire.dns_server import answers, name_server, of_names

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", [("asyncio", {"use_uvloop": False})])]

LOCAL = Guard([ip_network("127.0.0.1/32")])


def held(name: str, guard: Guard, **keys: object) -> GuardedProbe:
    by_system = {"resolver": "system"}  # whose answers the tests give
    return GuardedProbe(kind(name).build(options(name, **by_system | keys), Clock()), guard)


async def refused(probe: GuardedProbe) -> Observation:
    """What came of a probe that must have been refused."""
    seen = await probe.probe(DUE)
    assert seen.outcome == "down"
    assert seen.reason in (Reason.ADDRESS_FORBIDDEN, Reason.REDIRECT_REFUSED), seen
    return seen


def keys(name: str, host: str) -> dict[str, object]:
    """A check of that kind against the host; an address of IPv6 in brackets."""
    place = host.strip("[]")
    found: dict[str, dict[str, object]] = {
        "http": {"url": f"http://{host}:9/"},
        "websocket": {"url": f"ws://{host}:9/"},
        "icmp": {"host": place},
        "dns": {"host": place, "port": 9, "query": "example.com"},
    }
    return found.get(name, {"host": place, "port": 9})


KINDS = ("http", "websocket", "tcp", "tls", "grpc", "icmp", "dns")


async def test_thousands_of_spellings_lead_no_kind_inside(anyio_backend: object) -> None:
    tried = unwritable = 0
    with recorded() as targets:
        for number, (address, host) in enumerate((a, h) for a in members() for h in spellings(a)):
            name = KINDS[number % len(KINDS)]
            try:
                probe = held(name, Guard(), **keys(name, host))
            except ValidationError:  # nobody can write such a check
                unwritable += 1
                continue
            tried += 1
            seen = await refused(probe)
            assert seen.reason is Reason.ADDRESS_FORBIDDEN, (address, host, seen)
    assert (tried + unwritable >= 2_000, tried >= 1_500) == (True, True)
    assert targets == []


class Moving:
    """The system's look-up: each host has these addresses at its first look-up, and those at later ones."""

    def __init__(self, first: Sequence[str], then: Sequence[str]) -> None:
        self.first, self.then, self.asked = first, then, 0

    async def __call__(self, host: str, port: object, **_: object) -> list[Any]:
        found = self.then if self.asked else self.first
        self.asked += 1
        return [
            (socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 0))
            for ip in (found if host == "name.example" else [host])
        ]


async def test_a_name_with_one_address_inside_is_connected_to_at_none(monkeypatch: pytest.MonkeyPatch) -> None:
    tried, loop = 0, asyncio.get_running_loop()
    with recorded() as targets:
        for number, address in enumerate(members()):
            for answers in ([str(address)], ["1.1.1.1", str(address)], [str(address), "2606:4700::1111"]):
                monkeypatch.setattr(loop, "getaddrinfo", Moving(answers, answers))
                name = KINDS[number % len(KINDS)]
                seen = await refused(held(name, Guard(), **keys(name, "name.example")))
                assert seen.detail.startswith("name.example: the host leads to an address that is not public")
                tried += 1
    assert tried >= 1_000
    assert targets == []


async def test_a_name_that_moves_inside_is_judged_at_each_probe_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first look-up gives an allowed address, at which nobody listens; later ones give one inside."""
    tried, loop = 0, asyncio.get_running_loop()
    with recorded() as targets:
        for address in members():
            monkeypatch.setattr(loop, "getaddrinfo", Moving(["127.0.0.1"], [str(address)]))
            probe = held("http", LOCAL, url="http://name.example:9/")
            assert (await probe.probe(DUE)).reason is Reason.CONNECT_REFUSED
            assert (await refused(probe)).reason is Reason.ADDRESS_FORBIDDEN
            tried += 1
    assert tried == len(list(members()))
    assert set(targets) == {"127.0.0.1"}


async def test_our_own_look_up_is_judged_as_well_and_so_are_the_servers_it_asks() -> None:
    async with name_server(of_names(name=answers("name.example. 60 IN A 10.0.0.1"))) as port:
        with recorded() as targets:
            own = {"resolver": "own", "resolvers": [f"127.0.0.1:{port}"], "host": "name.example", "port": 9}
            inside = await refused(held("tcp", LOCAL, **own))
            asked = await refused(held("tcp", Guard(), **own))
    assert inside.detail == "name.example: the host leads to an address that is not public (private use)"
    assert asked.detail == "name.example: the host leads to an address that is not public (loopback)"
    assert "10.0.0.1" not in targets


@asynccontextmanager
async def redirecting(places: Iterator[str]) -> AsyncIterator[int]:
    """The port of a server that sends each request on to the next place."""

    async def serve(stream: SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(f"HTTP/1.1 302 Go\r\nLocation: {next(places)}\r\nContent-Length: 0\r\n\r\n".encode())

    async with await create_tcp_listener(local_host="127.0.0.1") as listener, create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        yield listener.extra(SocketAttribute.local_port)
        tasks.cancel_scope.cancel()


async def test_no_redirect_leads_inside_not_even_the_second() -> None:
    draw, port = random.Random(8), 0
    hosts = [host for address in draw.sample(list(members()), 60) for host in spellings(address)]
    places = [place for host in hosts for place in (f"http://127.0.0.1:{{port}}/{host}", f"http://{host}:9/")]
    asked = iter(places)
    with recorded() as targets:
        async with redirecting(place.format(port=port) for place in asked) as port:
            for _ in hosts:
                seen = await refused(held("http", LOCAL, url=f"http://127.0.0.1:{port}/", follow_redirects=True))
                assert seen.facts["redirects"] in (1, 2)
    assert len(hosts) >= 300
    assert set(targets) == {"127.0.0.1"}
    assert len(targets) == 2 * len(hosts)


async def test_what_carries_an_allowed_address_is_reached_as_that_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert (await held("tcp", LOCAL, host="127.0.0.1", port=port).probe(DUE)).outcome == "up"
        mapped: IP = IPv6Address("::ffff:127.0.0.1")
        assert (await held("tcp", LOCAL, host=str(mapped), port=port).probe(DUE)).outcome == "up"
        assert (await refused(held("tcp", LOCAL, host="127.0.0.2", port=port))).reason is Reason.ADDRESS_FORBIDDEN


async def test_who_is_not_held_reaches_anything_after_one_who_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        keys_ = {"host": "127.0.0.1", "port": server.getsockname()[1]}
        await refused(held("tcp", Guard(), **keys_))
        assert (await kind("tcp").build(options("tcp", **keys_), Clock()).probe(DUE)).outcome == "up"
