"""Whether this host has a way to an address, in a network of its own whose link is taken down."""

import json
import os
import subprocess
import sys

import pytest

from prober.wire.uplink import lost
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
