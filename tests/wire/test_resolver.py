"""Our own resolver: where names are found, and whose failure it is when they are not."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import pytest

from prober.core.reason import Reason
from prober.wire import resolver
from prober.wire.dns_message import wire_name
from prober.wire.failure import Failed
from prober.wire.resolver import Resolver, Unlike, candidates, tries
from prober.wire.system_names import Manner, Paths, Server, SystemNames
from tests.wire.dns_server import SILENCE, Answer, answers, in_turn, name_server, noting, of_names, of_types, truncated

pytestmark = pytest.mark.anyio

ALIVE = answers(". 60 IN NS a.root.", flags="QR RA")
SHOP = of_types(
    A=answers("shop.test. 60 IN A 192.0.2.1", "shop.test. 60 IN A 192.0.2.2", flags="QR RA"),
    AAAA=answers("shop.test. 30 IN AAAA 2001:db8::1", flags="QR RA"),
)
NXDOMAIN = answers(rcode="NXDOMAIN", flags="QR RA")
SERVFAIL = answers(rcode="SERVFAIL")
EMPTY = answers(flags="QR RA")
QUICK = "options timeout:1 attempts:1\nsearch .\n"


class Place:
    """A resolver of a system whose files are in a folder, with its name server at the port."""

    def __init__(self, folder: Path, port: int = 53, servers: Sequence[Server] = ()) -> None:
        self.paths = Paths(folder / "hosts", folder / "resolv.conf", folder / "nsswitch.conf")
        self.paths.resolv.write_text(f"{QUICK}nameserver 127.0.0.1")
        self.doubts: list[Failed | None] = []
        self.now_s = 0.0
        self.looks = itertools.count()
        system = SystemNames(lambda: float(next(self.looks)), self.paths, port)
        self.resolver = Resolver(system, lambda: self.now_s, servers)

    async def ips(self, host: str, family: str = "any", *, keeps: bool = False, other_way: bool = False) -> list[str]:
        found = await self.resolver.addresses(host, family, self.doubts.append, keeps=keeps, other_way=other_way)
        return [address.ip for address in found]

    async def failure(self, host: str, family: str = "any") -> tuple[Reason, str]:
        with pytest.raises(Failed) as caught:
            await self.ips(host, family)
        return caught.value.reason, caught.value.detail


@pytest.mark.parametrize(
    ("family", "ips"),
    [
        ("any", {"192.0.2.1", "192.0.2.2", "2001:db8::1"}),
        ("4", {"192.0.2.1", "192.0.2.2"}),
        ("6", {"2001:db8::1"}),
        ("4 first", {"192.0.2.1", "192.0.2.2", "2001:db8::1"}),
    ],
)
async def test_all_addresses_of_the_family_are_found(tmp_path: Path, family: str, ips: set[str]) -> None:
    async with name_server(of_names(shop=SHOP)) as port:
        place = Place(tmp_path, port)
        assert set(await place.ips("shop.test", family)) == ips
    assert place.doubts[-1] is None


async def test_hosts_are_known_without_asking_anybody(tmp_path: Path) -> None:
    told: list[str] = []
    async with name_server(noting(told, SHOP)) as port:
        place = Place(tmp_path, port)
        place.paths.hosts.write_text("192.0.2.9 shop.test\n")
        assert await place.ips("SHOP.test") == ["192.0.2.9"]
        assert await place.ips("shop.test.") == ["192.0.2.9"]
        assert told == []
        # Of the other family the file knows nothing: then the name servers are asked.
        assert await place.ips("shop.test", "6") == ["2001:db8::1"]
        assert told == ["shop.test. AAAA udp"]


@pytest.mark.parametrize(
    ("order", "ips"),
    [("files dns", ["192.0.2.9"]), ("dns files", ["192.0.2.1", "192.0.2.2"]), ("files", ["192.0.2.9"])],
)
async def test_the_order_of_the_system_holds(tmp_path: Path, order: str, ips: list[str]) -> None:
    async with name_server(of_names(shop=SHOP)) as port:
        place = Place(tmp_path, port)
        place.paths.nsswitch.write_text(f"hosts: {order}")
        place.paths.hosts.write_text("192.0.2.9 shop.test\n192.0.2.8 only.test")
        assert await place.ips("shop.test", "4") == ips
        assert await place.ips("only.test", "4") == ["192.0.2.8"]


async def test_files_alone_do_not_know_every_name(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.paths.nsswitch.write_text("hosts: files")
    assert await place.failure("shop.test") == (
        Reason.DNS_NXDOMAIN,
        "looking up shop.test: it is not in /etc/hosts",
    )


async def test_what_is_neither_files_nor_dns_is_left_to_the_system(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.paths.nsswitch.write_text("hosts: files sss dns")
    with pytest.raises(Unlike):
        await place.ips("shop.test")


async def test_named_servers_are_asked_and_nothing_else(tmp_path: Path) -> None:
    async with name_server(of_names(shop=SHOP)) as port:
        place = Place(tmp_path, servers=[Server("127.0.0.1", port)])
        place.paths.hosts.write_text("192.0.2.9 shop.test")
        place.paths.nsswitch.write_text("hosts: sss")
        assert await place.ips("shop.test", "4") == ["192.0.2.1", "192.0.2.2"]


# ------------------------------------------------------------ whose failure it is


@pytest.mark.parametrize(
    ("said", "reason", "told"),
    [
        pytest.param(NXDOMAIN, Reason.DNS_NXDOMAIN, "there is no such name", id="nxdomain"),
        pytest.param(EMPTY, Reason.DNS_NO_ADDRESS, "the name has no address", id="empty"),
        pytest.param(of_types(A=EMPTY, AAAA=NXDOMAIN), Reason.DNS_NXDOMAIN, "there is no such name", id="half-gone"),
        pytest.param(SERVFAIL, Reason.SELF_DNS, "SERVFAIL", id="servfail-for-all"),
        pytest.param(of_names(root=ALIVE, shop=SERVFAIL), Reason.DNS_SERVFAIL, "SERVFAIL", id="servfail"),
        pytest.param(
            of_names(root=ALIVE, shop=of_types(AAAA=EMPTY, A=SERVFAIL)), Reason.DNS_SERVFAIL, "SERVFAIL", id="half"
        ),
        pytest.param(SILENCE, Reason.SELF_DNS, "no answer", id="silence"),
        pytest.param(of_names(root=ALIVE, shop=SILENCE), Reason.DNS_TIMEOUT, "no answer", id="silent"),
        pytest.param(answers(rcode="REFUSED"), Reason.SELF_DNS, "REFUSED", id="refused"),
        pytest.param(answers(flags="QR"), Reason.SELF_DNS, "no answer of its own", id="no-resolver"),
        pytest.param(truncated(SILENCE), Reason.DNS_TIMEOUT, "by TCP: ", id="no-tcp"),
        pytest.param(
            answers("shop.test. 9 IN CNAME a.test.", "a.test. 9 IN CNAME shop.test."),
            Reason.DNS_MALFORMED,
            "its aliases lead in a circle, or on without end",
            id="circle",
        ),
    ],
)  # fmt: skip
async def test_whose_failure_it_is(tmp_path: Path, said: Answer, reason: Reason, told: str) -> None:
    async with name_server(said) as port:
        found, detail = await Place(tmp_path, port).failure("shop.test")
    assert found is reason
    assert detail.startswith("looking up shop.test: ")
    assert told in detail


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        pytest.param(NXDOMAIN, Reason.DNS_NXDOMAIN, id="nxdomain"),
        pytest.param(EMPTY, Reason.DNS_NO_ADDRESS, id="empty"),
        pytest.param(SERVFAIL, Reason.DNS_SERVFAIL, id="servfail"),
        pytest.param(SILENCE, Reason.DNS_TIMEOUT, id="silence"),
        pytest.param(answers(rcode="REFUSED"), Reason.DNS_RCODE, id="refused"),
    ],
)
async def test_a_server_that_the_check_names_is_part_of_what_it_probes(
    tmp_path: Path, said: Answer, reason: Reason, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with name_server(said) as port:
        place = Place(tmp_path, servers=[Server("127.0.0.1", port)])
        monkeypatch.setattr(place.resolver, "_own", Manner((Server("127.0.0.1", port),), timeout_s=0.5, attempts=1))
        assert (await place.failure("shop.test"))[0] is reason


async def test_nobody_at_the_systems_server_is_our_own_trouble(tmp_path: Path, free_port: int) -> None:
    assert await Place(tmp_path, free_port).failure("shop.test") == (
        Reason.SELF_DNS,
        f"looking up shop.test: 127.0.0.1:{free_port}: asking it: connection refused",
    )


async def test_servers_to_which_there_is_no_way_are_never_the_targets_fault(tmp_path: Path) -> None:
    place = Place(tmp_path, servers=[Server("ff0e::1%nowhere"), Server("255.255.255.255")])
    reason, _ = await place.failure("shop.test")
    assert reason.owner == "self"


async def test_if_time_runs_out_the_doubt_says_whose_failure_it_will_have_been(tmp_path: Path) -> None:
    async with name_server(of_names(root=ALIVE, shop=SILENCE)) as port:
        place = Place(tmp_path, port)
        await place.failure("shop.test")
    reasons = [doubt and doubt.reason for doubt in place.doubts]
    assert reasons == [Reason.SELF_DNS, Reason.DNS_TIMEOUT, None]


# ------------------------------------------------------------ several servers


async def test_the_next_server_is_asked_when_one_does_not_answer_well(tmp_path: Path) -> None:
    async with name_server(in_turn(SERVFAIL)) as bad, name_server(of_names(shop=SHOP)) as good:
        place = Place(tmp_path, servers=[Server("127.0.0.1", bad), Server("127.0.0.1", good)])
        assert await place.ips("shop.test", "6") == ["2001:db8::1"]


async def test_another_way_is_another_server(tmp_path: Path) -> None:
    first, second = answers("shop.test. 60 IN A 192.0.2.1"), answers("shop.test. 60 IN A 192.0.2.2")
    async with name_server(first) as one, name_server(second) as other:
        place = Place(tmp_path, servers=[Server("127.0.0.1", one), Server("127.0.0.1", other)])
        assert await place.ips("shop.test", "4") == ["192.0.2.1"]
        assert await place.ips("shop.test", "4", other_way=True) == ["192.0.2.2"]


async def test_servers_take_turns_where_the_system_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = answers("shop.test. 60 IN A 192.0.2.1"), answers("shop.test. 60 IN A 192.0.2.2")
    async with name_server(first) as one, name_server(second) as other:
        place = Place(tmp_path, servers=[Server("127.0.0.1", 1)])
        servers = (Server("127.0.0.1", one), Server("127.0.0.1", other))
        monkeypatch.setattr(place.resolver, "_own", Manner(servers, rotate=True))
        found = [await place.ips("shop.test", "4") for _ in range(4)]
    assert found == [["192.0.2.1"], ["192.0.2.2"]] * 2


async def test_tries_grow_longer_as_the_systems_do() -> None:
    two = (Server("192.0.2.1"), Server("192.0.2.2"))
    waits = [(server.ip[-1], wait_s) for server, wait_s in tries(Manner(two, timeout_s=5, attempts=3))]
    assert waits == [("1", 5), ("2", 5), ("1", 5), ("2", 5), ("1", 10), ("2", 10)]


async def test_what_was_silent_once_is_asked_again(tmp_path: Path) -> None:
    said = of_names(root=SILENCE, shop=in_turn(SILENCE, SILENCE, SHOP))
    async with name_server(said) as port:
        place = Place(tmp_path, port)
        place.paths.resolv.write_text("options timeout:1 attempts:2\nsearch .\nnameserver 127.0.0.1")
        assert "2001:db8::1" in await place.ips("shop.test")


# ------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("host", "ndots", "names"),
    [
        ("shop", 1, ["shop.a.test.", "shop.b.test.", "shop."]),
        ("shop.test", 1, ["shop.test.", "shop.test.a.test.", "shop.test.b.test."]),
        ("shop.test", 2, ["shop.test.a.test.", "shop.test.b.test.", "shop.test."]),
        ("shop.", 1, ["shop."]),
        ("shop", 0, ["shop.", "shop.a.test.", "shop.b.test."]),
        ("_a_.b-c", 1, ["_a_.b-c.", "_a_.b-c.a.test.", "_a_.b-c.b.test."]),
    ],
)  # fmt: skip
async def test_names_are_tried_in_the_systems_order(host: str, ndots: int, names: list[str]) -> None:
    manner = Manner((), ("a.test", "b.test.", "x" * 70), ndots)
    assert candidates(host, manner) == [wire_name(name) for name in names]


@pytest.mark.parametrize("host", ["a b", "a..b", ".", "", "a/b", "a\0b", "ä.test", "x" * 64, ".".join(["x" * 60] * 5)])
async def test_what_can_be_no_name_is_not_asked_for(tmp_path: Path, host: str) -> None:
    assert (await Place(tmp_path).failure(host))[0] is Reason.DNS_NXDOMAIN


async def test_a_short_name_is_found_in_the_domains_that_are_searched(tmp_path: Path) -> None:
    async with name_server(of_names(shop=answers("shop.b.test. 60 IN A 192.0.2.1"))) as port:
        place = Place(tmp_path, port)
        place.paths.resolv.write_text("options timeout:1 attempts:1\nsearch a.test b.test\nnameserver 127.0.0.1")
        assert await place.ips("shop") == ["192.0.2.1"]
        assert (await place.failure("none"))[0] is Reason.DNS_NXDOMAIN


@pytest.mark.parametrize(
    ("host", "ips"), [("127.1", ["127.0.0.1"]), ("0x7f.1", ["127.0.0.1"]), ("2130706433", ["127.0.0.1"])]
)
async def test_an_address_in_an_old_way_of_writing_is_one(tmp_path: Path, host: str, ips: list[str]) -> None:
    place = Place(tmp_path)
    assert await place.ips(host) == ["127.0.0.1"]
    assert await place.failure(host, "6") == (Reason.DNS_NO_ADDRESS, f"{host} is no IPv6 address")


@pytest.mark.parametrize("host", ["1.2.3.4.5", "300.1", "fe80::1%nowhere", "a%b"])
async def test_what_only_looks_like_an_address_is_no_name(tmp_path: Path, host: str) -> None:
    assert (await Place(tmp_path).failure(host))[0] is Reason.DNS_NXDOMAIN


async def test_an_alias_to_another_zone_is_followed(tmp_path: Path) -> None:
    said = of_names(
        shop=answers("shop.test. 60 IN CNAME far.test.", flags="QR AA"),
        far=answers("far.test. 60 IN A 192.0.2.7", flags="QR AA"),
    )
    async with name_server(said) as port:
        assert await Place(tmp_path, servers=[Server("127.0.0.1", port)]).ips("shop.test", "4") == ["192.0.2.7"]


async def test_aliases_from_zone_to_zone_come_to_an_end(tmp_path: Path) -> None:
    said = of_names(
        shop=answers("shop.test. 60 IN CNAME far.test.", flags="QR AA"),
        far=answers("far.test. 60 IN CNAME shop.test.", flags="QR AA"),
    )
    async with name_server(said) as port:
        place = Place(tmp_path, servers=[Server("127.0.0.1", port)])
        assert (await place.failure("shop.test", "4"))[0] is Reason.DNS_MALFORMED


# ------------------------------------------------------------ what is kept


async def test_addresses_are_kept_for_their_time_and_only_if_wanted(tmp_path: Path) -> None:
    told: list[str] = []
    async with name_server(noting(told, of_types(AAAA=answers("shop.test. 30 IN AAAA 2001:db8::1")))) as port:
        place = Place(tmp_path, port)
        for now_s, keeps in ((0, True), (29.9, True), (29.9, False), (30, True)):
            place.now_s = now_s
            assert await place.ips("shop.test", "6", keeps=keeps) == ["2001:db8::1"]
    assert len(told) == 3


async def test_what_is_kept_confirms_nothing(tmp_path: Path) -> None:
    said = in_turn(answers("shop.test. 30 IN A 192.0.2.1"), answers("shop.test. 30 IN A 192.0.2.2"))
    async with name_server(said) as port:
        place = Place(tmp_path, port)
        assert await place.ips("shop.test", "4", keeps=True) == ["192.0.2.1"]
        assert await place.ips("shop.test", "4", keeps=True, other_way=True) == ["192.0.2.2"]
        assert await place.ips("shop.test", "4", keeps=True) == ["192.0.2.2"]


async def test_a_failure_is_never_kept(tmp_path: Path) -> None:
    told: list[str] = []
    async with name_server(noting(told, NXDOMAIN)) as port:
        place = Place(tmp_path, port)
        for _ in range(2):
            with pytest.raises(Failed):
                await place.ips("shop.test", "4", keeps=True)
    assert len(told) == 2


async def test_what_is_kept_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(resolver, "MOST_KEPT", 2)

    def any_name(asked: object, transport: str) -> list[bytes]:
        name = asked.question[0].name  # type: ignore[attr-defined]
        return answers(f"{name} 60 IN A 192.0.2.1")(asked, transport)  # type: ignore[arg-type]

    async with name_server(noting(told, any_name)) as port:
        place = Place(tmp_path, port)
        for host in ("a.test", "b.test", "c.test", "c.test", "b.test", "a.test"):
            await place.ips(host, "4", keeps=True)
    assert [line.split()[0] for line in told] == ["a.test.", "b.test.", "c.test.", "a.test."]


async def test_other_servers_do_not_know_what_is_kept(tmp_path: Path) -> None:
    async with name_server(answers("shop.test. 30 IN A 192.0.2.1")) as port:
        place = Place(tmp_path, port)
        await place.ips("shop.test", "4", keeps=True)
        place.paths.resolv.write_text(f"{QUICK}nameserver 127.0.0.2")
        with pytest.raises(Failed):
            await place.ips("shop.test", "4", keeps=True)
