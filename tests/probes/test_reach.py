"""How a check comes from a host to an address."""

import socket

import pytest

from prober.clock import Clock
from prober.core.model import Phase
from prober.core.reason import Reason
from prober.probes import kind
from prober.probes.reach import ReachOptions
from prober.wire.resolve import Names
from prober.wire.system_names import Server
from tests.probes.scene import DUE, mistakes, options, probed
from tests.wire.dns_server import answers, name_server, noting, of_names

pytestmark = pytest.mark.anyio


async def test_names_are_looked_up_as_the_keys_say() -> None:
    found = options("tcp", host="a.test", port=1, resolvers=["192.0.2.1", "::1", "[::1]:5353"], dns_cache=True)
    assert isinstance(found, ReachOptions)
    assert found.names() == Names("own", (Server("192.0.2.1"), Server("::1"), Server("::1", 5353)), True)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"resolvers": ["ns.test"]}, "resolvers.0: the address of a name server such as"),
        ({"resolvers": ["192.0.2.1", 5]}, "resolvers.1: the address of a name server such as"),
        ({"resolvers": [""]}, "resolvers.0: the address of a name server such as"),
        ({"resolvers": ["192.0.2.1:0"]}, "resolvers.0: the address of a name server such as"),
        ({"resolvers": ["192.0.2.1", "192.0.2.1:53"]}, "resolvers: name servers that differ"),
        ({"resolvers": [f"192.0.2.{n}" for n in range(9)]}, "resolvers: "),
        ({"resolver": "other"}, "resolver: "),
        ({"dns_cache": "yes"}, "dns_cache: "),
    ],
)
async def test_mistakes_are_found_before_anything_is_probed(keys: dict[str, object], said: str) -> None:
    (found,) = mistakes("tcp", host="a.test", port=1, **keys)
    assert found.startswith(said)


async def test_by_a_proxy_names_are_not_looked_up_by_us() -> None:
    (found,) = mistakes("http", url="http://a.test/", resolvers=["192.0.2.1"], proxy="http://proxy.test:1")
    assert found.startswith("proxy: no resolvers with a proxy")


async def test_the_servers_of_the_check_are_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        async with name_server(of_names(shop=answers("shop.test. 60 IN A 127.0.0.1"))) as port:
            keys = {"port": server.getsockname()[1], "resolvers": [f"127.0.0.1:{port}"]}
            seen = await probed("tcp", host="shop.test", **keys)
            other = await probed("tcp", host="other.test", **keys)
    assert (seen.outcome, seen.facts) == ("up", {"ip": "127.0.0.1", "ip_protocol": 4})
    assert (other.outcome, other.reason) == ("down", Reason.DNS_NXDOMAIN)
    assert [phase for phase, _ in other.phases_us] == [Phase.RESOLVE]


async def test_a_failure_is_confirmed_by_another_name_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        good = of_names(shop=answers("shop.test. 60 IN A 127.0.0.1"))
        async with name_server(answers(rcode="NXDOMAIN")) as lying, name_server(good) as honest:
            resolvers = [f"127.0.0.1:{lying}", f"127.0.0.1:{honest}"]
            keys = {"host": "shop.test", "port": server.getsockname()[1], "resolvers": resolvers}
            probe = kind("tcp").build(options("tcp", **keys), Clock())
            first, confirming = await probe.probe(DUE), await probe.probe(DUE._replace(other_way=True))
    assert (first.outcome, confirming.outcome) == ("down", "up")


async def test_addresses_are_kept_if_wanted() -> None:
    told: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        async with name_server(noting(told, answers("shop.test. 60 IN A 127.0.0.1"))) as port:
            keys = {"port": server.getsockname()[1], "family": "4", "resolvers": [f"127.0.0.1:{port}"]}
            for dns_cache, questions in ((False, 1), (False, 2), (True, 3), (True, 3)):
                seen = await probed("tcp", host="shop.test", dns_cache=dns_cache, **keys)
                assert (seen.outcome, len(told)) == ("up", questions)


async def test_an_address_never_comes_to_the_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prober.wire.resolve.own_resolver", None)
    with socket.create_server(("127.0.0.1", 0)) as server:
        keys = {"port": server.getsockname()[1], "resolvers": ["192.0.2.1"], "dns_cache": True}
        assert (await probed("tcp", host="127.0.0.1", **keys)).outcome == "up"


async def test_the_systems_resolver_can_be_asked_instead() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen = await probed("tcp", host="localhost", port=server.getsockname()[1], family="4", resolver="system")
    assert seen.outcome == "up"


async def test_when_time_runs_out_it_is_known_whose_failure_it_is() -> None:
    async with name_server(of_names(root=answers(". 9 IN NS a.root."), shop=lambda asked, transport: [])) as port:
        seen = await probed("tcp", host="shop.test", port=1, timeout="1s", resolvers=[f"127.0.0.1:{port}"])
    assert (seen.outcome, seen.reason) == ("down", Reason.DNS_TIMEOUT)
    assert seen.detail == f"looking up shop.test: 127.0.0.1:{port} answers, but not for this name"
