"""Ten thousand notices to fifty receivers that fail at random, while the daemon is killed twenty times."""

import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

from prober.cli.check_config import read_config
from prober.clock import Clock
from tests.ports import free_port
from tests.worlds import answers, recording

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_500)]

RECEIVERS, INCIDENTS, KILLS = 50, 100, 20
OWED = RECEIVERS * INCIDENTS * 2
FAULTY = 0.06  # of the requests
RUNS_S = (3.0, 8.0)  # before a kill


class Receivers:
    """Fifty in one: the path says which. Each request is answered well or badly, by lot."""

    def __init__(self) -> None:
        self.draw = random.Random(1)
        self.heard: dict[str, list[tuple[str, str]]] = defaultdict(list)  # receiver -> (incident's id, notice's id)

    async def serve(self, stream: SocketStream) -> None:
        async with stream:
            try:
                receiver, id_, incident = await self._request(stream)
            except (anyio.EndOfStream, anyio.BrokenResourceError):  # killed meanwhile
                return
            lot = self.draw.random()
            if lot < FAULTY / 2:  # it has not been taken
                await self._answer(stream, b"503 Busy" if lot < FAULTY / 4 else b"429 Slow\r\nRetry-After: 1")
                return
            self.heard[receiver].append((incident, id_))
            if lot < FAULTY:  # it has been taken, and nobody says so
                return
            await self._answer(stream, b"200 OK")

    async def _request(self, stream: SocketStream) -> tuple[str, str, str]:
        data = b""
        while b"\r\n\r\n" not in data:
            data += await stream.receive()
        head, _, body = data.partition(b"\r\n\r\n")
        first, *rest = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest)}
        while len(body) < int(headers["content-length"]):
            body += await stream.receive()
        incident = body.partition(b'"incident_id":"')[2].partition(b'"')[0].decode()
        return first.split(" ")[1], headers["webhook-id"], incident

    async def _answer(self, stream: SocketStream, line: bytes) -> None:
        try:
            await stream.send(b"HTTP/1.1 " + line + b"\r\nContent-Length: 0\r\n\r\n")
        except anyio.BrokenResourceError:
            return


def configuration(port: int) -> str:
    lines = [f'[prober]\nstate_dir = "state"\npublic = "127.0.0.1:{free_port()}"\nup = "off"']
    for n in range(INCIDENTS):
        lines.append(f'[components.c{n}]\nname = "C{n}"')
        lines.append(f'[checks.c{n}]\ncomponent = "c{n}"\nkind = "tcp"\nhost = "127.0.0.1"\nport = 9\ninterval = "12h"')
    for n in range(RECEIVERS):
        lines.append(f'[channels.r{n}]\nkind = "webhook"\nurl = "http://127.0.0.1:{port}/{n}"')
        lines.append(f'[subscriptions.r{n}]\nchannel = "r{n}"\ntopics = ["incidents"]')
    return "\n".join(lines)


async def owe(folder: Path) -> dict[str, list[str]]:
    """Begin and end every incident; what each channel is owed, in order."""
    config = read_config(folder / "config.toml", {})
    async with recording(folder / "state", config.policy()) as (recorder, store):
        now_ms = Clock().now_ms() - 20_000
        for outcomes, since_ms in (("down down", now_ms), ("up up", now_ms + 5_000)):
            for n in range(INCIDENTS):
                recorder.observe(answers(outcomes, since_ms, f"c{n}"))
        await recorder.flush()
        return {id_: [one.notice.id for one in await store.outbox.pending(id_, 10**6)] for id_ in config.channels}


def started(folder: Path, turn: int) -> "subprocess.Popen[bytes]":
    """The daemon; what it has to say goes to a file for each turn."""
    command = [sys.executable, "-m", "prober", "run", "--config", str(folder / "config.toml")]
    with (folder / f"{turn}.log").open("wb") as log:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", [("asyncio", {"use_uvloop": True})])
async def test_every_receiver_has_every_notice_in_order(tmp_path: Path) -> None:
    receivers, draw = Receivers(), random.Random(2)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", backlog=1_024)
    (tmp_path / "config.toml").write_text(configuration(listener.extra(SocketAttribute.local_port)))
    owed = await owe(tmp_path)
    assert sum(map(len, owed.values())) == OWED
    began = time.monotonic()
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, receivers.serve)
        for turn in range(KILLS + 1):
            daemon = started(tmp_path, turn)
            try:
                if turn < KILLS:
                    await anyio.sleep(draw.uniform(*RUNS_S))
                    assert daemon.poll() is None, (tmp_path / f"{turn}.log").read_text()
                else:
                    with anyio.fail_after(900):
                        while sum(len({id_ for _, id_ in heard}) for heard in receivers.heard.values()) < OWED:
                            await anyio.sleep(0.5)
            finally:
                daemon.send_signal(signal.SIGKILL)
                daemon.wait()
        tasks.cancel_scope.cancel()
    took_s, total = time.monotonic() - began, sum(map(len, receivers.heard.values()))
    for channel, ids in owed.items():
        heard = receivers.heard[f"/{channel[1:]}"]
        assert {id_ for _, id_ in heard} == set(ids)
        place = {id_: n for n, id_ in enumerate(ids)}
        last: dict[str, int] = {}
        for incident, id_ in heard:  # a repetition may come only before its successor
            assert place[id_] >= last.get(incident, -1)
            last[incident] = place[id_]
    print(  # noqa: T201 - scripts/soak shows what was measured
        f"{OWED} notices to {RECEIVERS} receivers, {KILLS} kills, {took_s:.0f} s: {total - OWED} repeated, 0 lost"
    )
