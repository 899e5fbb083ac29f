"""CPU per http probe, a new connection each, beside blackbox_exporter and stock httpx, against nginx on loopback.

Ours goes the daemon's way: its loop with schedule, limit and meters, the probe, the recorder's judgement, and the
writing. blackbox_exporter's CPU is read from /proc, so that what asks it is not counted. HTTPS is TLS 1.3 with a P-256
certificate, verified. All three take turns within one run.

Then the calm case, which is what users run, where wake-ups and cold caches weigh more: CALM_CHECKS targets at
CALM_RATES probes a second, beside blackbox_exporter asked at the same rate. The memory is that of a fresh process once
some of MANY_CHECKS checks have answered.

Needs what scripts/services installs: nginx and prometheus-blackbox-exporter.
Run: .venv/bin/python benchmarks/probe_cost.py
"""

import json
import os
import shutil
import socket
import subprocess
import sys
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
from prober.core.model import Observation
from prober.core.policy import CheckPolicy, ComponentPolicy, Policy
from prober.core.schedule import Schedule
from prober.daemon.gate import Limits
from prober.daemon.loop import Loop
from prober.daemon.meters import Meters
from prober.daemon.progress import Progress
from prober.daemon.upkeep import keep_written
from prober.probes import Probe
from prober.probes.http import KIND
from prober.record import Recorder
from prober.store import Store

ROUNDS = 5
PROBES = 1000  # of each, in each round
CHECKS = 200  # of the daemon's, each probing every INTERVAL_MS
INTERVAL_MS = 200
CALM_CHECKS = 1000
CALM_RATES = {"http": 200, "https": 100}  # probes a second
CALM_S = 8
CALM_ROUNDS = 2
MANY_CHECKS = 10_000
SBIN = ("/usr/sbin", "/sbin")
TICKS = os.sysconf("SC_CLK_TCK")

NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 8192; }}
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


async def blackbox_calm_cost(pid: int, port: int, target: str, rate: int) -> float:
    """CPU seconds a probe of blackbox_exporter, asked `rate` times a second for CALM_S."""
    url = f"http://127.0.0.1:{port}/probe"
    count = rate * CALM_S
    limits = httpx.Limits(max_connections=20)
    async with httpx.AsyncClient(trust_env=False, limits=limits) as client, anyio.create_task_group() as tasks:

        async def ask(n: int) -> None:
            answer = await client.get(url, params={"module": "http", "target": f"{target}?{n % CALM_CHECKS}"})
            assert "\nprobe_success 1\n" in answer.text

        began, began_s = cpu_of(pid), anyio.current_time()
        for n in range(count):
            await anyio.sleep_until(began_s + n / rate)
            tasks.start_soon(ask, n)
    return (cpu_of(pid) - began) / count


async def daemon_cost(
    folder: Path, scheme: str, port: int, checks: int = CHECKS, interval_ms: int = INTERVAL_MS, probes: int = PROBES
) -> float:
    """CPU seconds of this process for so many probes, as the daemon makes and writes them."""
    ids = [f"check-{n}" for n in range(checks)]
    policy = Policy(
        checks={id_: CheckPolicy(id_, id_, interval_ms=interval_ms) for id_ in ids},
        components={id_: ComponentPolicy(id_, "main", id_, (id_,)) for id_ in ids},
        subscriptions={},
        maintenances={},
    )
    clock, progress = Clock(), Progress()
    built = built_probes(ids, folder, scheme, port, clock)
    async with Store.open(folder / scheme, b"benchmark") as store:
        recorder = Counting(store, await store.load(), policy)
        await recorder.reconfigure(policy, clock.now_ms())
        schedule = Schedule(dict.fromkeys(ids, interval_ms), clock.now_ms())
        loop = Loop(built, schedule, recorder, clock, Limits(checks), Meters(ids, ()), progress)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(keep_written, recorder, progress)
            tasks.start_soon(loop.run)
            await recorder.more(checks)  # what is done once is no cost of a probe
            began = time.process_time()
            await recorder.more(probes)
            took_s = time.process_time() - began
            tasks.cancel_scope.cancel()
        bad = next((one for one in recorder.latest.values() if one.outcome != "up"), None)
        assert recorder.failed.total() == 0, f"the target is down: {bad}"
        await recorder.flush()
    return took_s


def built_probes(ids: list[str], folder: Path, scheme: str, port: int, clock: Clock) -> dict[str, Probe]:
    """A prober for each check, every one with a URL of its own."""
    keys = {"kind": "http", "ca": str(folder / "ca.pem")}
    urls = {id_: f"{scheme}://127.0.0.1:{port}/?{id_}" for id_ in ids}
    return {
        id_: KIND.build(KIND.options.model_validate({"component": id_, "url": url, **keys}), clock)
        for id_, url in urls.items()
    }


def memory_mib(folder: Path, port: int) -> float:
    """Resident memory of a fresh process with MANY_CHECKS checks: modules, probers, judgement's policy and schedule."""
    script = Path(__file__).resolve()
    found = subprocess.run(
        [sys.executable, script, "--memory", folder, str(port)], check=True, capture_output=True, text=True
    )
    return float(found.stdout)


async def print_memory(folder: Path, port: int) -> None:
    """Print this process's resident MiB once some have answered."""
    await daemon_cost(folder, "http", port, MANY_CHECKS, 20_000, 1000)
    print(resident_mib())


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def calm(folder: Path, ports: dict[str, int], blackbox: tuple[int, int]) -> dict[str, float]:
    """Microseconds of CPU per probe at the calm rates, by scheme and prober: the least of two rounds."""
    costs: dict[str, list[float]] = {}
    for _ in range(CALM_ROUNDS):
        for scheme, port in ports.items():
            rate = CALM_RATES[scheme]
            interval_ms = CALM_CHECKS * 1000 // rate
            ours = await daemon_cost(folder, scheme, port, CALM_CHECKS, interval_ms, rate * CALM_S)
            costs.setdefault(f"{scheme}_calm_prober_us", []).append(ours / (rate * CALM_S))
            theirs = await blackbox_calm_cost(*blackbox, f"{scheme}://127.0.0.1:{port}/", rate)
            costs.setdefault(f"{scheme}_calm_blackbox_us", []).append(theirs)
    return {name: min(found) * 1e6 for name, found in costs.items()}


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
            options = {"use_uvloop": True}
            found = anyio.run(measured, folder, ports, (pid, port), backend_options=options)
            found |= anyio.run(calm, folder, ports, (pid, port), backend_options=options)
            memory = memory_mib(folder, ports["http"])
    figures: dict[str, float] = {name: round(us) for name, us in found.items()}
    for scheme in ports:
        for peer in ("blackbox", "httpx"):
            figures[f"{scheme}_share_of_{peer}"] = round(found[f"{scheme}_prober_us"] / found[f"{scheme}_{peer}_us"], 3)
        figures[f"{scheme}_calm_share_of_blackbox"] = round(
            found[f"{scheme}_calm_prober_us"] / found[f"{scheme}_calm_blackbox_us"], 3
        )
    figures[f"rss_mib_with_{MANY_CHECKS}_checks"] = round(memory)
    for scheme in ports:
        line = ", ".join(f"{peer} {figures[f'{scheme}_{peer}_us']} us" for peer in ("prober", "httpx", "blackbox"))
        print(f"{scheme}: {line}")
        line = ", ".join(f"{peer} {figures[f'{scheme}_calm_{peer}_us']} us" for peer in ("prober", "blackbox"))
        print(f"{scheme}, calm, {CALM_RATES[scheme]}/s: {line}")
    print(json.dumps({"benchmark": "probe_cost", "figures": figures}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        anyio.run(print_memory, Path(sys.argv[2]), int(sys.argv[3]), backend_options={"use_uvloop": True})
    else:
        main()
