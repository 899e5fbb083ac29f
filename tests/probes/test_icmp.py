"""Kind icmp: pings to loopback, where the system lets us; else in a network of its own that does; else skipped."""

import json
import os
import subprocess
import sys

import pytest

from prober.clock import Clock
from prober.core.model import Phase
from prober.probes.icmp import IcmpProbe, build, guesses
from prober.wire.echo import Echoes
from tests.probes.scene import mistakes, options, probed
from tests.services import go_no_further, needs_pings, needs_service

pytestmark = pytest.mark.anyio

ADDRESSES = {"127.0.0.1": 4, "::1": 6}

# A network of its own, whose loopback is up and whose pings anybody may send, and then prober in it.
IN_A_NETWORK = """
import fcntl, os, socket, struct, sys
with socket.socket() as sock:
    fcntl.ioctl(sock, 0x8914, struct.pack("16sH14x", b"lo", 0x49))
with open("/proc/sys/net/ipv4/ping_group_range", "w") as file:
    file.write(os.environ["PINGS"])
with open("/proc/sys/net/ipv4/icmp_echo_ignore_all", "w") as file:
    file.write(os.environ["IS_DEAF"])
os.execv(sys.executable, [sys.executable, "-m", "prober", *sys.argv[1:]])
"""


def in_a_network(*arguments: str, is_deaf: bool = False, pings: str = "0 0") -> subprocess.CompletedProcess[str]:
    """`prober` with these arguments in a network of its own, where pings are answered unless it is deaf.

    pings: the groups that may send them.
    Skips where none can be made.
    """
    unshare = str(needs_service("unshare"))
    flags = "-n" if os.geteuid() == 0 else "-rn"
    env = {**os.environ, "IS_DEAF": str(int(is_deaf)), "PINGS": pings}
    command = [unshare, flags, sys.executable, "-c", IN_A_NETWORK, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False, env=env)
    if done.returncode not in (0, 1, 3) or (done.returncode == 1 and not done.stdout):
        go_no_further(f"no network of its own can be made: {done.stderr.strip()[-200:]}")
    return done


@needs_pings
@pytest.mark.parametrize("host", ADDRESSES)
async def test_what_answers_is_up_with_the_times_of_its_packets(host: str) -> None:
    seen = await probed("icmp", host=host, count=2)
    assert (seen.outcome, seen.reason, seen.detail) == ("up", None, "")
    assert [phase for phase, _ in seen.phases_us] == [Phase.RESOLVE, Phase.PROCESSING]
    facts = seen.facts
    assert (facts["packets_sent"], facts["packets_received"], facts["loss_percent"]) == (2, 2, 0)
    assert 0 <= int(facts["rtt_min_us"]) <= int(facts["rtt_avg_us"]) <= int(facts["rtt_max_us"])
    assert [facts["rtt_p50_us"], facts["rtt_p95_us"]] == [facts["rtt_min_us"], facts["rtt_max_us"]]
    assert facts["hop_limit"] == 64


@pytest.mark.parametrize("host", ADDRESSES)
def test_pings_come_back_in_a_network_that_lets_us(host: str) -> None:
    target = f"icmp://[{host}]" if ":" in host else f"icmp://{host}"
    done = in_a_network("probe", target, "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["outcome"], found["reason"]) == (0, "up", None), done
    assert (found["facts"]["packets_received"], found["facts"]["ip_protocol"]) == (3, ADDRESSES[host])


def test_what_never_comes_back_is_down_with_its_loss() -> None:
    done = in_a_network("probe", "icmp://127.0.0.1", "--json", "--timeout", "600ms", is_deaf=True)
    found = json.loads(done.stdout)
    assert (done.returncode, found["outcome"], found["reason"]) == (1, "down", "icmp_timeout"), done
    assert found["detail"] == "none of 3 packets came back"
    assert (found["facts"]["packets_sent"], found["facts"]["loss_percent"]) == (3, 100)


def test_a_network_without_a_way_out_is_our_own_trouble() -> None:
    done = in_a_network("probe", "icmp://192.0.2.1", "--json", "--timeout", "500ms")
    found = json.loads(done.stdout)
    assert (done.returncode, found["outcome"], found["reason"]) == (3, "unknown", "self_uplink")


def test_a_system_that_does_not_let_us_is_told_in_clear_words() -> None:
    done = in_a_network("probe", "icmp://127.0.0.1", "--json", pings="1 0")
    found = json.loads(done.stdout)
    assert (done.returncode, found["outcome"], found["reason"]) == (3, "unknown", "self_permission")
    why = 'its net.ipv4.ping_group_range is "1 0", where a range with our group is needed'
    assert found["detail"] == f"this system lets us send no pings: {why}"
    assert found["facts"] == {"ip": "127.0.0.1", "ip_protocol": 4}


@pytest.mark.parametrize(
    ("keys", "sent", "rtts_us", "said"),
    [
        ({}, 3, [9_000], ""),
        ({"degraded_loss_over": 50}, 3, [9_000], "2 of 3 packets were lost"),
        ({"degraded_loss_over": 66}, 4, [9_000, 9_000], ""),
        ({"degraded_rtt_over": "5ms"}, 2, [2_000, 9_000], "packets take longer than 5ms on average"),
        ({"degraded_rtt_over": "6ms"}, 2, [2_000, 9_000], ""),
    ],
)
async def test_loss_and_time_are_judged_by_their_bounds(
    keys: dict[str, object], sent: int, rtts_us: list[int], said: str
) -> None:
    prober = build(options("icmp", host="127.0.0.1", **keys), Clock())
    assert isinstance(prober, IcmpProbe)
    echoes = Echoes()
    echoes.sent, echoes.rtts_us = sent, rtts_us
    judgement = prober.judged(echoes)
    assert (judgement.detail if judgement else "") == said
    assert judgement is None or judgement.outcome == "degraded"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"host": "a b"}, "host: a host name or address"),
        ({"count": 0}, "count: "),
        ({"size": 15}, "size: "),
        ({"degraded_loss_over": 100}, "degraded_loss_over: "),
        ({"host": "::1", "family": "4"}, 'family: "any" or "6"'),
    ],
)
async def test_mistakes_are_found_before_anything_is_probed(keys: dict[str, object], said: str) -> None:
    (found,) = mistakes("icmp", **({"host": "a.test"} | keys))
    assert found.startswith(said)


@pytest.mark.parametrize(
    ("target", "keys"),
    [
        ("icmp://db.test", {"host": "db.test"}),
        ("ICMP://[::1]", {"host": "::1"}),
        ("icmp://db.test:5", None),
        ("icmp://a b", None),
        ("db.test", None),
    ],
)
async def test_what_a_target_on_the_command_line_means(target: str, keys: dict[str, object] | None) -> None:
    assert guesses(target) == keys


async def test_a_check_of_another_kind_is_refused() -> None:
    assert options("icmp", host="DB.test").target() == "db.test"
    with pytest.raises(TypeError, match="TcpOptions"):
        build(options("tcp", host="a.test", port=1), Clock())
