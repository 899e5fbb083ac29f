"""What the system's files say of looking up names."""

import os
from pathlib import Path

import pytest

from prober.wire.address import Address
from prober.wire.system_names import LOOK_EVERY_S, Manner, Paths, Server, SystemNames, hosts, manner, order

HOSTS = """
127.0.0.1 localhost  # ourselves
::1 localhost ip6-localhost
192.0.2.1\tShop.test shop
192.0.2.2 shop
no.address here
192.0.2.300 here
fe80::1%lo here
#192.0.2.9 gone
192.0.2.3
192.0.2.1 shop
"""


@pytest.mark.parametrize(
    ("name", "ips"),
    [
        ("localhost", ["127.0.0.1", "::1"]),
        ("ip6-localhost", ["::1"]),
        ("shop.test", ["192.0.2.1"]),
        ("shop", ["192.0.2.1", "192.0.2.2"]),
        ("here", []),
        ("gone", []),
    ],
)
def test_a_name_has_the_addresses_of_all_its_lines(name: str, ips: list[str]) -> None:
    assert [address.ip for address in hosts(HOSTS).get(name, ())] == ips


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("nameserver 192.0.2.53", Manner((Server("192.0.2.53"),), ("own.test",))),
        ("", Manner((Server("127.0.0.1"),), ("own.test",))),
        ("nameserver nobody\nnameserver", Manner((Server("127.0.0.1"),), ("own.test",))),
        (
            "nameserver ::1 # ours\nnameserver fe80::1%eth0\nnameserver 192.0.2.1\nnameserver 192.0.2.2",
            Manner((Server("::1"), Server("fe80::1%eth0"), Server("192.0.2.1")), ("own.test",)),
        ),
        ("search a.test b.test\n", Manner((Server("127.0.0.1"),), ("a.test", "b.test"))),
        ("search a.test\ndomain c.test d.test", Manner((Server("127.0.0.1"),), ("c.test",))),
        ("search .", Manner((Server("127.0.0.1"),), ())),
        (
            "search .\noptions ndots:3 timeout:2 attempts:4 rotate use-vc edns0",
            Manner((Server("127.0.0.1"),), (), 3, 2, 4, True, True),
        ),
        ("search .\noptions ndots:99 timeout:99 attempts:99", Manner((Server("127.0.0.1"),), (), 15, 30, 5)),
        ("search .\noptions ndots:0 timeout:0 attempts:0", Manner((Server("127.0.0.1"),), (), 0, 1, 1)),
        ("search .\n; options ndots:3\noptions ndots:x", Manner((Server("127.0.0.1"),), (), 1)),
    ],
)
def test_whom_to_ask_and_how(text: str, wanted: Manner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "here.own.test")
    assert manner(text) == wanted


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("", ("files", "dns")),
        ("passwd: files\nhosts: files dns # all", ("files", "dns")),
        ("hosts:dns files", ("dns", "files")),
        ("hosts: files", ("files",)),
        ("hosts: files mdns4_minimal [NOTFOUND=return] dns", None),
        ("hosts: files [NOTFOUND=return] dns", None),
        ("hosts: sss files dns", None),
        ("hosts:", None),
    ],
)
def test_the_order_of_the_sources(text: str, sources: tuple[str, ...] | None) -> None:
    assert order(text) == sources


def test_a_file_is_read_again_once_it_has_changed(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "hosts", tmp_path / "resolv.conf", tmp_path / "nsswitch.conf")
    now_s = [0.0]

    def system() -> SystemNames:
        now_s[0] += LOOK_EVERY_S
        known.look()
        return known

    known = SystemNames(lambda: now_s[0], paths, port=5353)
    assert system().hosts == {}
    assert system().order == ("files", "dns")
    paths.hosts.write_text("192.0.2.1 shop")
    paths.resolv.write_text("nameserver 192.0.2.53")
    paths.nsswitch.write_text("hosts: dns")
    assert system().hosts == {"shop": (Address("192.0.2.1", 4),)}
    assert system().manner.servers == (Server("192.0.2.53", 5353),)
    assert system().order == ("dns",)
    paths.hosts.write_text("192.0.2.2 shop")
    os.utime(paths.hosts, ns=(1, 1))
    assert system().hosts == {"shop": (Address("192.0.2.2", 4),)}
    paths.hosts.unlink()
    known.look()
    assert known.hosts  # not looked at again within the second
    assert system().hosts == {}


def test_what_is_no_text_is_no_reason_to_fail(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "hosts", tmp_path, tmp_path / "none")
    paths.hosts.write_bytes(b"\xff\xfe\0\n192.0.2.1 shop\xff shop\n")
    system = SystemNames(lambda: 0.0, paths)
    system.look()
    assert system.hosts["shop"] == (Address("192.0.2.1", 4),)
    assert system.manner.servers == (Server("127.0.0.1"),)


@pytest.mark.parametrize(
    ("server", "shown"),
    [
        (Server("192.0.2.1"), "192.0.2.1"),
        (Server("192.0.2.1", 5353), "192.0.2.1:5353"),
        (Server("::1"), "::1"),
        (Server("::1", 5353), "[::1]:5353"),
    ],
)
def test_a_server_is_shown_as_it_would_be_written(server: Server, shown: str) -> None:
    assert str(server) == shown
