"""Whether this host has a way to an address, in a network of its own whose link is taken down."""

import json
import os
import socket
import struct
import subprocess
import sys

import pytest

from prober.wire.uplink import Lost, losses, lost
from tests.services import go_no_further, needs_service

SCRIPT = """
ip link set lo up
ip link add v0 type veth peer name v1
ip addr add 192.0.2.1/24 dev v0
ip -6 addr add 2001:db8::1/64 dev v0 nodad
ip link set v0 up; ip link set v1 up
"$PYTHON" -c "$ASK" up
ip link set v1 down
"$PYTHON" -c "$ASK" pulled
ip link set v0 down
"$PYTHON" -c "$ASK" down
"""
ASK = """
import json, sys, time
from prober.wire.uplink import lost
places = ("192.0.2.9", "2001:db8::9", "203.0.113.1", "127.0.0.1")
wanted = {"up": None, "pulled": "the link to 192.0.2.9 is down", "down": "this host has no route to 192.0.2.9"}
for _ in range(500):
    if lost(places[0]) == wanted[sys.argv[1]]:
        break
    time.sleep(0.01)
print(json.dumps([lost(place) for place in places]))
"""


@pytest.fixture(scope="module")
def told() -> list[list[str | None]]:
    """What is said while the link is up, without its carrier, and down."""
    environment = os.environ | {"PYTHON": sys.executable, "ASK": ASK, "PYTHONPATH": os.pathsep.join(sys.path)}
    needs_service("ip")
    command = [str(needs_service("unshare")), "--net", "sh", "-e", "-c", SCRIPT]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    lines = ran.stdout.splitlines()
    if len(lines) != 3:
        go_no_further(f"no network can be made here: {ran.stderr.strip()}")
    return [json.loads(line) for line in lines]


def test_a_link_that_is_up_is_a_way(told: list[list[str | None]]) -> None:
    assert told[0] == [None, None, "this host has no route to 203.0.113.1", None]


def test_a_link_without_its_carrier_is_none(told: list[list[str | None]]) -> None:
    assert told[1][0] == "the link to 192.0.2.9 is down"
    assert told[1][1] is not None


def test_a_link_that_is_down_has_no_route(told: list[list[str | None]]) -> None:
    assert told[2][:2] == ["this host has no route to 192.0.2.9", "this host has no route to 2001:db8::9"]


@pytest.mark.parametrize("ip", ["", "nonsense", "127.0.0.1", "::1"])
def test_nothing_is_claimed_where_nobody_can_tell(ip: str) -> None:
    assert lost(ip) is None


def message(kind: int, body: bytes, **attributes: bytes) -> bytes:
    """As the kernel sends it."""
    for name, value in attributes.items():
        body += struct.pack("=HH", 4 + len(value), int(name[1:])) + value + bytes(-len(value) % 4)
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body


def link(kind: int, index: int, flags: int) -> bytes:
    return message(kind, struct.pack("=BxHiII", 0, 1, index, flags, 0))


def route(kind: int, bits: int, table: int = 254, family: int = socket.AF_INET, **attributes: bytes) -> bytes:
    return message(kind, struct.pack("=BBBBBBBBI", family, bits, 0, 0, table, 0, 0, 0, 0), **attributes)


NET = socket.inet_aton("192.0.2.0")


@pytest.mark.parametrize(
    ("told", "gone"),
    [
        (link(16, 3, 0x10041), []),
        (link(16, 3, 0x41), [Lost(3)]),  # without its carrier
        (link(16, 3, 0x10001) + link(16, 4, 0), [Lost(3), Lost(4)]),
        (link(17, 3, 0x10041), [Lost(3)]),  # it is gone altogether
        (route(25, 24, _1=NET, _4=b"\x02\0\0\0"), [Lost(2, NET, 24)]),
        (route(25, 0, _4=b"\x02\0\0\0"), [Lost(2, bytes(4), 0)]),
        (route(25, 24, table=255, _1=NET), []),  # no way to others
        (route(24, 24, _1=NET), []),  # a new one
        (route(25, 24, family=99), []),
        (message(25, b"too short"[:8]) + link(17, 3, 0), [Lost(3)]),
        (b"\0" * 40, []),
        (b"\xff" * 15, []),
        (b"", []),
    ],
)
def test_what_the_kernel_says_is_lost_is_known(told: bytes, gone: list[Lost]) -> None:
    assert list(losses(told)) == gone


@pytest.mark.parametrize(
    ("one", "ip", "leads"),
    [
        (Lost(3), "203.0.113.1", True),
        (Lost(4), "203.0.113.1", False),
        (Lost(4, NET, 24), "192.0.2.255", True),
        (Lost(4, NET, 24), "192.0.3.1", False),
        (Lost(4, bytes(4), 0), "192.0.3.1", True),
        (Lost(4, bytes(16), 0), "192.0.3.1", False),
        (Lost(4, NET, 32), "192.0.2.1", False),
    ],
)
def test_a_loss_counts_for_whom_it_was_on_the_way_to(one: Lost, ip: str, leads: bool) -> None:
    assert one.leads_to(3, socket.inet_aton(ip)) is leads
