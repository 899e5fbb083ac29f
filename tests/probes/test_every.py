"""Every address of a name probed, and judged together."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from prober.core.model import Observation, Outcome, Phase
from prober.core.reason import Reason
from prober.probes.every import judged
from tests.probes.scene import DUE, mistakes, probed
from tests.wire.dns_server import answers, name_server, noting, of_types
from tests.wire.hostile import answers as says
from tests.wire.hostile import serving

pytestmark = pytest.mark.anyio

TWO = of_types(A=answers("shop.test. 9 IN A 127.0.0.1", "shop.test. 9 IN A 127.0.0.2"))
U, D, X, G = "up", "down", "unknown", "degraded"


@contextmanager
def one_of_two() -> Iterator[int]:
    """A port where 127.0.0.1 accepts and 127.0.0.2 does not."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(("addresses", "outcome"), [("one", "up"), ("any", "up"), ("all", "down"), ("quorum", "down")])
async def test_the_address_that_differs_is_named(addresses: str, outcome: str) -> None:
    async with name_server(TWO) as port:
        with one_of_two() as target:
            keys = {"port": target, "addresses": addresses, "resolvers": [f"127.0.0.1:{port}"]}
            seen = await probed("tcp", host="shop.test", **keys)
    assert seen.outcome == outcome
    assert [phase for phase, _ in seen.phases_us] == [Phase.RESOLVE, Phase.CONNECT]
    if addresses != "one":
        why = f"connecting to 127.0.0.2 port {target}: connection refused"
        assert seen.detail == f"1 of 2 addresses: 127.0.0.2: {why}"
        assert (seen.facts["addresses"], seen.facts["addresses_failing"]) == (2, 1)


async def test_a_page_is_asked_of_every_address_and_its_redirects_are_followed() -> None:
    async with name_server(TWO) as port, serving(says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as target:
        keys = {"resolvers": [f"127.0.0.1:{port}"], "expect_body": "ok"}
        one = await probed("http", url=f"http://shop.test:{target}/", addresses="any", **keys)
        every = await probed("http", url=f"http://shop.test:{target}/", addresses="all", **keys)
    assert (one.outcome, one.facts["status_code"], one.facts["ip"]) == ("up", 200, "127.0.0.1")
    assert (every.outcome, every.reason) == ("down", Reason.CONNECT_REFUSED)


async def test_a_certificate_is_asked_of_every_address() -> None:
    async with name_server(TWO) as port:
        with one_of_two() as target:
            keys = {"port": target, "resolvers": [f"127.0.0.1:{port}"], "timeout": "500ms"}
            seen = await probed("tls", host="shop.test", addresses="all", **keys)
    assert seen.outcome == "down"
    assert seen.detail.startswith("2 of 2 addresses: 127.0.0.1: no end of tls")


async def test_the_name_is_looked_up_once() -> None:
    told: list[str] = []
    async with name_server(noting(told, TWO)) as port:
        with one_of_two() as target:
            keys = {"port": target, "family": "4", "resolvers": [f"127.0.0.1:{port}"]}
            await probed("tcp", host="shop.test", addresses="all", **keys)
    assert told == ["shop.test. A udp"]


async def test_a_name_that_is_not_found_is_told_as_ever() -> None:
    async with name_server(answers(rcode="NXDOMAIN")) as port:
        seen = await probed("tcp", host="a.test", port=1, addresses="all", resolvers=[f"127.0.0.1:{port}"])
    assert (seen.outcome, seen.reason, seen.facts) == ("down", Reason.DNS_NXDOMAIN, {})


async def test_an_address_is_one_address() -> None:
    with one_of_two() as target:
        seen = await probed("tcp", host="127.0.0.1", port=target, addresses="all")
    assert (seen.outcome, seen.facts) == ("up", {"ip": "127.0.0.1", "ip_protocol": 4})


def seen(*outcomes: str) -> list[tuple[str, Observation]]:
    reasons = {"down": Reason.CONNECT_REFUSED, "degraded": Reason.EXPECT_TIME, "unknown": Reason.SELF_UPLINK}
    return [
        (
            f"192.0.2.{n}",
            Observation("shop", 0, 5, 100 + n, Outcome(one), reasons.get(one), "it fails" if one in reasons else ""),
        )
        for n, one in enumerate(outcomes)
    ]


@pytest.mark.parametrize(
    ("outcomes", "any_", "quorum", "all_"),
    [
        ([U], U, U, U),
        ([D], D, D, D),
        ([U, U], U, U, U),
        ([U, D], U, D, D),
        ([U, D, D], U, D, D),
        ([U, U, D], U, U, D),
        ([U, U, D, D], U, D, D),
        ([U, U, U, D, D], U, U, D),
        ([D, D, D], D, D, D),
        ([U, G, D], U, G, D),
        ([G, G], G, G, G),
        ([U, X], U, U, U),
        ([D, X], D, D, D),
        ([U, U, D, X, X, X], U, U, D),
        ([X, X], X, X, X),
    ],
)
async def test_how_many_must_be_good(outcomes: list[str], any_: str, quorum: str, all_: str) -> None:
    looked = Observation("shop", 0, 1, 50, Outcome.UP, None, "", ((Phase.RESOLVE, 50),))
    found = {how: judged(looked, seen(*outcomes), how).outcome for how in ("any", "quorum", "all")}
    assert found == {"any": any_, "quorum": quorum, "all": all_}


@pytest.mark.parametrize(
    ("outcomes", "detail"),
    [
        ([U, U], ""),
        ([D, D], "all 2 addresses: it fails"),
        ([D], "it fails"),
        ([U, D, X], "2 of 3 addresses: 192.0.2.1: it fails; 192.0.2.2: it fails"),
        ([U, D, D, D, D], "4 of 5 addresses: 192.0.2.1: it fails; 192.0.2.2: it fails; 192.0.2.3: it fails; ..."),
    ],
)
async def test_the_detail_names_those_that_are_not_well(outcomes: list[str], detail: str) -> None:
    looked = Observation("shop", DUE.scheduled_ms, 1, 50, Outcome.UP, None, "", ((Phase.RESOLVE, 50),))
    found = judged(looked, seen(*outcomes), "all")
    assert found.detail == detail
    assert found.started_ms == 1
    assert found.took_us >= 150


async def test_by_a_proxy_there_are_no_addresses_to_probe() -> None:
    (found,) = mistakes("http", url="http://a.test/", addresses="all", proxy="http://proxy.test:1")
    assert found.startswith('addresses: "one" with a proxy')
    (found,) = mistakes("tcp", host="a.test", port=1, addresses="some")
    assert found.startswith("addresses: ")
