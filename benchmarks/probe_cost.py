"""CPU per http probe, a new connection each, beside blackbox_exporter and stock httpx, against nginx on loopback.

Ours goes the daemon's way: its loop with schedule, limit and meters, the probe, the recorder's judgement, and the
writing. blackbox_exporter's CPU is read from /proc, so that what asks it is not counted. HTTPS is TLS 1.3 with a P-256
certificate, verified. All three take turns within one run. Needs what scripts/services installs: nginx and
prometheus-blackbox-exporter.
Run: .venv/bin/python benchmarks/probe_cost.py
"""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import httpx
import trustme

from prober.clock import Clock
from prober.core.model import CheckPolicy, ComponentPolicy, Observation, Policy
from prober.core.schedule import Schedule
from prober.daemon.gate import Limits
from prober.daemon.loop import Loop
from prober.daemon.meters import Meters
from prober.daemon.progress import Progress
from prober.daemon.upkeep import keep_written
from prober.probes.http import KIND
from prober.record import Recorder
from prober.store import Store

ROUNDS = 5
PROBES = 1000  # of each, in each round
CHECKS = 200  # of the daemon's, each probing every INTERVAL_MS
INTERVAL_MS = 200
SBIN = ("/usr/sbin", "/sbin")
TICKS = os.sysconf("SC_CLK_TCK")

NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
  access_log off; default_type text/plain;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
  server {{ listen 127.0.0.1:{http}; listen 127.0.0.1:{https} ssl; return 200 "hello, this is a small page\\n"; }}
}}
"""
BLACKBOX = """
modules:
  http:
    prober: http
    timeout: 5s
    http: {{ preferred_ip_protocol: ip4, tls_config: {{ ca_file: {folder}/ca.pem }} }}
"""


def program(name: str) -> str:
    """Where the program is; the run ends without it."""
    found = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", os.defpath), *SBIN)))
    return found or exit_without(name)


def exit_without(name: str) -> str:
    raise SystemExit(f"benchmarks/probe_cost.py: expected {name}, found none: scripts/services installs it")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def running(*command: str, port: int) -> Iterator[int]:
    """The process id of a server that listens; it is ended afterwards."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        else:
            raise SystemExit(f"{command[0]} does not listen")
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)


def cpu_of(pid: int) -> float:
    """CPU seconds that another process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def own_cost(probe: Callable[[], Awaitable[object]]) -> float:
    """CPU seconds of this process for PROBES probes."""
    began = time.process_time()
    for _ in range(PROBES):
        await probe()
    return time.process_time() - began


def blackbox_cost(pid: int, port: int, target: str) -> float:
    """CPU seconds of blackbox_exporter for PROBES probes."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    url = f"http://127.0.0.1:{port}/probe?module=http&target={target}"
    began = cpu_of(pid)
    for _ in range(PROBES):
        with opener.open(url, timeout=10) as answer:
            assert b"\nprobe_success 1\n" in answer.read()
    return cpu_of(pid) - began


class Counting(Recorder):
    """The recorder, and when so many observations have come."""

    left = 0
    reached = anyio.Event()

    def observe(self, observations: Iterable[Observation]) -> None:
        super().observe(observations)
        self.left -= 1
        if self.left == 0:
            self.reached.set()

    async def more(self, observations: int) -> None:
        """Wait for so many more."""
        self.left, self.reached = observations, anyio.Event()
        await self.reached.wait()


async def daemon_cost(folder: Path, scheme: str, port: int) -> float:
    """CPU seconds of this process for PROBES probes, as the daemon makes and writes them."""
    ids = [f"check-{n}" for n in range(CHECKS)]
    policy = Policy(
        checks={id_: CheckPolicy(id_, id_, interval_ms=INTERVAL_MS) for id_ in ids},
        components={id_: ComponentPolicy(id_, "main", id_, (id_,)) for id_ in ids},
        subscriptions={},
        maintenances={},
    )
    keys = {"kind": "http", "url": f"{scheme}://127.0.0.1:{port}/", "ca": str(folder / "ca.pem")}
    clock, progress = Clock(), Progress()
    built = {id_: KIND.build(KIND.options.model_validate({"component": id_, **keys}), clock) for id_ in ids}
    async with Store.open(folder / scheme, b"benchmark") as store:
        recorder = Counting(store, await store.load(), policy)
        await recorder.reconfigure(policy, clock.now_ms())
        schedule = Schedule(dict.fromkeys(ids, INTERVAL_MS), clock.now_ms())
        loop = Loop(built, schedule, recorder, clock, Limits(CHECKS), Meters(ids, ()), progress)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(keep_written, recorder, progress)
            tasks.start_soon(loop.run)
            await recorder.more(CHECKS)  # what is done once is no cost of a probe
            began = time.process_time()
            await recorder.more(PROBES)
            took_s = time.process_time() - began
            tasks.cancel_scope.cancel()
        assert recorder.failed.total() == 0, "the target is down"
        await recorder.flush()
    return took_s


async def measured(folder: Path, ports: dict[str, int], blackbox: tuple[int, int]) -> dict[str, float]:
    """Microseconds of CPU per probe, by scheme and prober: the least of all rounds, which noise only raises."""
    costs: dict[str, list[float]] = {}
    async with httpx_client(str(folder / "ca.pem")) as client:
        for _ in range(ROUNDS):
            for scheme, port in ports.items():
                url = f"{scheme}://127.0.0.1:{port}/"

                async def plain(url: str = url) -> None:
                    assert (await client.get(url, headers={"Connection": "close"})).status_code == 200

                costs.setdefault(f"{scheme}_prober_us", []).append(await daemon_cost(folder, scheme, port))
                costs.setdefault(f"{scheme}_httpx_us", []).append(await own_cost(plain))
                costs.setdefault(f"{scheme}_blackbox_us", []).append(blackbox_cost(*blackbox, url))
    return {name: min(found) / PROBES * 1e6 for name, found in costs.items()}


def httpx_client(ca: str) -> httpx.AsyncClient:
    import ssl

    return httpx.AsyncClient(verify=ssl.create_default_context(cafile=ca), trust_env=False)


def main() -> None:
    """Print the figures."""
    nginx, exporter = program("nginx"), program("prometheus-blackbox-exporter")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        authority = trustme.CA()
        certificate = authority.issue_cert("127.0.0.1")
        authority.cert_pem.write_to_path(folder / "ca.pem")
        certificate.private_key_pem.write_to_path(folder / "key.pem")
        (folder / "cert.pem").write_bytes(b"".join(pem.bytes() for pem in certificate.cert_chain_pems))
        ports = {"http": free_port(), "https": free_port()}
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, **ports))
        (folder / "blackbox.yml").write_text(BLACKBOX.format(folder=folder))
        port = free_port()
        listen = f"--web.listen-address=127.0.0.1:{port}"
        with (
            running(nginx, "-p", name, "-c", f"{folder}/nginx.conf", port=ports["http"]),
            running(exporter, f"--config.file={folder}/blackbox.yml", listen, port=port) as pid,
        ):
            found = anyio.run(measured, folder, ports, (pid, port), backend_options={"use_uvloop": True})
    figures: dict[str, float] = {name: round(us) for name, us in found.items()}
    for scheme in ports:
        for peer in ("blackbox", "httpx"):
            figures[f"{scheme}_share_of_{peer}"] = round(found[f"{scheme}_prober_us"] / found[f"{scheme}_{peer}_us"], 3)
    for scheme in ports:
        line = ", ".join(f"{peer} {figures[f'{scheme}_{peer}_us']} us" for peer in ("prober", "httpx", "blackbox"))
        print(f"{scheme}: {line}")
    print(json.dumps({"benchmark": "probe_cost", "figures": figures}))


if __name__ == "__main__":
    main()
