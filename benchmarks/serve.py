"""How fast documents are served, beside a bare uvicorn application that answers constant bytes of the same size.

A real daemon with 100 components on one core, wrk on the other: /summary.json of the page, 304s of it, and the page
itself; nginx serving the same file if it is installed. Then again with 1,000 probes a second running beside it, and
how late those were. Run: .venv/bin/python benchmarks/serve.py
"""

import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COMPONENTS = 100
SECONDS = 2
ROUNDS = 3
CONNECTIONS = 32
SERVER_CORE, LOAD_CORE = 0, 1
PATH = "/api/v2/summary.json"

BARE = """
import asyncio, sys, uvloop
from prober.daemon.serve import bound, serving
content = open(sys.argv[1], "rb").read()
async def application(scope, receive, send):
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})
async def main():
    async with serving({bound("127.0.0.1", int(sys.argv[2])): application}):
        await asyncio.Event().wait()
uvloop.run(main())
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def config(public: int, target: int, interval: str) -> str:
    """A site of 100 components, each with a check of the target."""
    parts = [f'[prober]\npublic = "127.0.0.1:{public}"\nup = "off"\n[checks]\n']
    check = f'{{ kind = "tcp", host = "127.0.0.1", port = {target}, interval = "{interval}", timeout = "50ms" }}'
    parts += [f"c{n} = {check}\n" for n in range(COMPONENTS)]
    parts += [f'[components.c{n}]\nname = "Component number {n}"\n' for n in range(COMPONENTS)]
    return "".join(parts)


@contextmanager
def running(*command: str, port: int, core: int = SERVER_CORE) -> Iterator[None]:
    process = subprocess.Popen(
        ["taskset", "-c", str(core), *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        time.sleep(1)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def rate(url: str, *headers: str) -> float:
    """Answers a second, as wrk counts them."""
    told = [part for header in headers for part in ("-H", header)]
    command = ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", *told, url]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Requests/sec:\s+([0-9.]+)", output)
    assert found, output
    return float(found[1])


def in_turn(asked: dict[str, tuple[str, ...]]) -> dict[str, float]:
    """The median rate of each, in turn: a busy machine slows all of them alike."""
    found = [{name: rate(*told) for name, told in asked.items()} for _ in range(ROUNDS)]
    return {name: statistics.median(one[name] for one in found) for name in asked}


def read(url: str) -> tuple[bytes, str]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read(), str(answer.headers.get("ETag", ""))


def lag_p99_ms(public: int) -> float:
    """Not above which 99 of 100 probes were late, by the buckets of /metrics."""
    text = read(f"http://127.0.0.1:{public}/metrics")[0].decode()
    buckets = re.findall(r'uptime_scheduler_lag_seconds_bucket{le="([^"]+)"} ([0-9.]+)', text)
    total = float(buckets[-1][1])
    return next(float(le) for le, count in buckets if float(count) >= 0.99 * total) * 1000


@contextmanager
def daemon(folder: Path, target: int, interval: str) -> Iterator[int]:
    public, file = free_port(), folder / f"{interval}.toml"
    file.write_text(config(public, target, interval) + "")
    env = ("env", f"STATE_DIRECTORY={folder / interval}")
    (folder / interval).mkdir()
    with running(*env, sys.executable, "-m", "prober", "run", "--config", str(file), port=public):
        yield public


def nginx(folder: Path, content: Path) -> float | None:
    if shutil.which("nginx") is None and not Path("/usr/sbin/nginx").exists():
        return None
    port, file = free_port(), folder / "nginx.conf"
    file.write_text(
        f"daemon off; master_process off; user root; pid {folder}/nginx.pid; error_log /dev/null;\n"
        f"events {{}} http {{ access_log off; server {{ listen 127.0.0.1:{port}; root {content.parent}; }} }}\n"
    )
    path = os.environ["PATH"] + ":/usr/sbin"
    with running("env", f"PATH={path}", "nginx", "-c", str(file), "-p", str(folder), port=port):
        return rate(f"http://127.0.0.1:{port}/{content.name}")


def main() -> None:
    target = socket.create_server(("127.0.0.1", 0), backlog=4096)
    port = target.getsockname()[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures: dict[str, float | None] = {}
        with daemon(folder, port, "1h") as public:
            url = f"http://127.0.0.1:{public}"
            content, etag = read(url + PATH)
            (folder / "summary.json").write_bytes(content)
            figures["bytes"] = len(content)
            bare = free_port()
            with running(sys.executable, "-c", BARE, str(folder / "summary.json"), str(bare), port=bare):
                figures |= in_turn(
                    {
                        "summary_per_s": (url + PATH,),
                        "bare_per_s": (f"http://127.0.0.1:{bare}/",),
                        "not_modified_per_s": (url + PATH, f"If-None-Match: {etag}"),
                        "page_per_s": (url + "/",),
                    }
                )
        figures["nginx_per_s"] = nginx(folder, folder / "summary.json")
        target.close()  # refused at once: a probe that costs the target nothing
        with daemon(folder, port, "100ms") as public:
            figures["summary_beside_1000_probes_per_s"] = rate(f"http://127.0.0.1:{public}{PATH}")
            figures["probe_lag_p99_ms"] = lag_p99_ms(public)
    figures["ratio_to_bare"] = (figures["summary_per_s"] or 0) / (figures["bare_per_s"] or 1)
    rounded = {name: None if value is None else round(value, 3) for name, value in figures.items()}
    print(json.dumps({"benchmark": "serve", "figures": rounded}))


if __name__ == "__main__":
    main()
