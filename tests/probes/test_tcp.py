"""Kind tcp: up when a connection can be made."""

import socket

import anyio
import pytest

from prober.core.model import Phase
from prober.core.reason import Reason
from prober.probes.tcp import guesses
from tests.probes.scene import mistakes, options, probed

pytestmark = pytest.mark.anyio


async def test_a_port_that_accepts_is_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen = await probed("tcp", host="127.0.0.1", port=server.getsockname()[1])
    assert (seen.outcome, seen.reason) == ("up", None)
    assert [phase for phase, _ in seen.phases_us] == [Phase.RESOLVE, Phase.CONNECT]
    assert seen.facts == {"ip": "127.0.0.1", "ip_protocol": 4}


async def test_a_name_is_looked_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen = await probed("tcp", host="localhost", port=server.getsockname()[1], family="4")
    assert (seen.outcome, seen.facts["ip"]) == ("up", "127.0.0.1")


async def test_a_refused_connection_is_down_by_the_targets_fault(free_port: int) -> None:
    seen = await probed("tcp", host="127.0.0.1", port=free_port)
    assert (seen.outcome, seen.reason) == ("down", Reason.CONNECT_REFUSED)
    assert seen.detail == f"connecting to 127.0.0.1 port {free_port}: connection refused"


async def test_nothing_is_sent_and_the_peer_sees_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        await probed("tcp", host="127.0.0.1", port=server.getsockname()[1])
        peer, _ = server.accept()
        with peer:
            peer.settimeout(10)
            assert await anyio.to_thread.run_sync(peer.recv, 9) == b""


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"host": "a b", "port": 1}, "host: a host name or address"),
        ({"host": 5, "port": 1}, "host: a host name or address"),
        ({"host": "a.test", "port": 0}, "port: "),
        ({"host": "a.test", "port": "80"}, "port: "),
        ({"host": "a.test"}, "port: "),
        ({"host": "::1", "port": 1, "family": "4"}, 'family: "any" or "6", as the target is an IPv6 address'),
        ({"host": "a.test", "port": 1, "family": "5"}, "family: "),
        ({"host": "a b", "port": 1, "family": "4"}, "host: a host name or address"),
    ],
)
async def test_mistakes_are_found_before_anything_is_probed(keys: dict[str, object], said: str) -> None:
    (found,) = mistakes("tcp", **keys)
    assert found.startswith(said)


@pytest.mark.parametrize(
    ("target", "keys"),
    [
        ("tcp://db.test:5432", {"host": "db.test", "port": 5432}),
        ("[::1]:22", {"host": "::1", "port": 22}),
        ("db.test", None),
        ("http://db.test:80", None),
        ("db.test:0", None),
    ],
)
async def test_what_a_target_on_the_command_line_means(target: str, keys: dict[str, object] | None) -> None:
    assert guesses(target) == keys


async def test_a_target_is_shown_as_it_would_be_written() -> None:
    assert options("tcp", host="::1", port=22).target() == "[::1]:22"
    assert options("tcp", host="DB.test", port=22).target() == "db.test:22"
