"""What a look-up of a name costs: by our own resolver, and by getaddrinfo in a thread, which is the system's.

Both ask one name server on loopback, a process of its own, for names that are new each time and have an address of
each family; CPU of this process with all its threads, uvloop, so many look-ups at a time, least of five rounds, the two
in turns. It makes a network and a /etc of its own first, so that getaddrinfo asks the same server: that takes root and
unshare(1). Run: .venv/bin/python benchmarks/look_up.py
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from prober.wire.resolve import Names, looked_up

ROUNDS = 5
LOOK_UPS = 1_000
AT_ONCE = 10
INSIDE = "--inside"
SERVER = "--server"
FAMILIES = {"both families": "any", "IPv4 alone": "4"}
A, AAAA = b"\0\1", b"\0\x1c"
SAID = {
    A: b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\0\0\1",
    AAAA: b"\xc0\x0c\0\x1c\0\1\0\0\0\x3c\0\x10" + bytes.fromhex("20010db8000000000000000000000001"),
}


def serve() -> None:
    """Answers every question, by bytes alone."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 53))
        print("ready", flush=True)
        while True:
            asked, peer = sock.recvfrom(512)
            type_ = asked[-4:-2]
            said = SAID.get(type_, b"")
            sock.sendto(asked[:2] + b"\x81\x80\0\1" + bool(said).to_bytes(2) + b"\0\0\0\0" + asked[12:] + said, peer)


async def each(look_up: Callable[[str], Awaitable[object]], names: list[str]) -> None:
    async def some() -> None:
        while names:
            await look_up(names.pop())

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))


def cost_us(look_up: Callable[[str], Awaitable[object]], tag: str) -> float:
    names = [f"{tag}-{n}.example.test" for n in range(LOOK_UPS)]
    before = time.process_time()
    uvloop.run(each(look_up, names))
    return (time.process_time() - before) / LOOK_UPS * 1e6


def measured() -> None:
    figures: dict[str, float] = {}
    for title, family in FAMILIES.items():
        ways = {by: way(by, family) for by in ("own", "system")}
        costs: dict[str, list[float]] = {by: [] for by in ways}
        for turn in range(ROUNDS):
            for by, look_up in ways.items():
                costs[by].append(cost_us(look_up, f"{by}{turn}{family}"))
        own, system = min(costs["own"]), min(costs["system"])
        print(f"look_up, {title}: own {own:.0f} us, getaddrinfo {system:.0f} us, ratio {own / system:.2f}")
        word = title.replace(" ", "_")
        figures |= {f"{word}_own_us": round(own), f"{word}_ratio": round(own / system, 2)}
    print(json.dumps({"benchmark": "look_up", "figures": figures}))


def way(by: str, family: str) -> Callable[[str], Awaitable[object]]:
    names = Names("own") if by == "own" else Names("system")
    return lambda host: looked_up(host, family, names)


def main() -> int:
    if SERVER in sys.argv:
        serve()
    if INSIDE in sys.argv:
        with subprocess.Popen([sys.executable, __file__, SERVER], stdout=subprocess.PIPE) as server:
            try:
                assert server.stdout is not None
                server.stdout.readline()
                measured()
            finally:
                server.kill()
        return 0
    with tempfile.TemporaryDirectory() as folder:
        resolv, nsswitch = Path(folder, "resolv.conf"), Path(folder, "nsswitch.conf")
        resolv.write_text("nameserver 127.0.0.1\nsearch .\n")
        nsswitch.write_text("hosts: files dns\n")
        script = (
            f"mount --bind {resolv} /etc/resolv.conf && mount --bind {nsswitch} /etc/nsswitch.conf"
            ' && ip link set lo up && exec "$@"'
        )
        inside = [sys.executable, __file__, INSIDE]
        return subprocess.run(["unshare", "-n", "-m", "sh", "-c", script, "sh", *inside], env=os.environ).returncode


if __name__ == "__main__":
    raise SystemExit(main())
