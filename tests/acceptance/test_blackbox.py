"""Side by side: Debian's blackbox_exporter and our /probe ask the same targets, and say the same of them."""

import datetime as dt
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.scene import Daemon, daemon, eventually, free_port, served
from tests.services import needs_service
from tests.wire.certificates import Certificates

THEIRS = """
modules:
  http_2xx: {prober: http, timeout: 5s, http: {preferred_ip_protocol: ip4}}
  http_stays: {prober: http, timeout: 5s, http: {preferred_ip_protocol: ip4, follow_redirects: false}}
  http_words:
    prober: http
    timeout: 5s
    http: {preferred_ip_protocol: ip4, fail_if_body_not_matches_regexp: [never-said]}
  http_anyhow:
    prober: http
    timeout: 5s
    http: {preferred_ip_protocol: ip4, tls_config: {insecure_skip_verify: true}}
  tcp_connect: {prober: tcp, timeout: 5s, tcp: {preferred_ip_protocol: ip4}}
"""
OURS = """
[modules.http_2xx]
kind = "http"
timeout = "5s"
family = "4"
[modules.http_stays]
kind = "http"
timeout = "5s"
family = "4"
follow_redirects = false
[modules.http_words]
kind = "http"
timeout = "5s"
family = "4"
expect_body = "never-said"
[modules.http_anyhow]
kind = "http"
timeout = "5s"
family = "4"
verify = false
[modules.tcp_connect]
kind = "tcp"
timeout = "5s"
family = "4"
"""

# What differs by choice: the table of docs/api.md. Series that one of the two has alone.
ONLY_OURS = {"uptime_probe_last_run_timestamp_seconds", "probe_tls_cipher_info"}
ONLY_OURS_IF_REFUSED = ONLY_OURS | {"probe_ssl_earliest_cert_expiry"}
ONLY_THEIRS = {"probe_ssl_last_chain_expiry_timestamp_seconds", "probe_ssl_last_chain_info"}
# Ours are those that were followed.
OTHERWISE_COUNTED = {("loop", "probe_http_redirects"), ("redirect that is judged", "probe_http_redirects")}
# Values that time decides.
TIMED = {"probe_duration_seconds", "probe_dns_lookup_time_seconds", "probe_http_duration_seconds"}

CASES = {
    "good": ("http_2xx", 200, None),
    "error": ("http_2xx", 500, None),
    "redirect that is judged": ("http_stays", 302, "/elsewhere"),
    "unmatched": ("http_words", 200, None),
    "loop": ("http_2xx", 302, "/"),
    "refused": ("http_2xx", None, None),
    "open": ("tcp_connect", 200, None),
    "closed": ("tcp_connect", None, None),
}


@contextmanager
def blackbox(folder: Path) -> Iterator[int]:
    """Its port."""
    program, port = needs_service("prometheus-blackbox-exporter"), free_port()
    (folder / "blackbox.yml").write_text(THEIRS)
    process = subprocess.Popen(
        [str(program), f"--config.file={folder / 'blackbox.yml'}", f"--web.listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: is_there(port), "blackbox_exporter")
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def is_there(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/-/healthy", timeout=5).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Daemon]]:
    folder = tmp_path_factory.mktemp("blackbox")
    with served() as target, blackbox(folder) as theirs, daemon(folder, target.server_address[1], 9) as ours:
        text = ours.config.read_text().replace("[prober]", '[prober]\nprobe_targets = ["127.0.0.0/8"]')
        ours.reload(text + OURS)
        yield theirs, ours


def families(port: int, target: str, module: str) -> dict[str, Metric]:
    url = f"http://127.0.0.1:{port}/probe?target={quote(target, safe='')}&module={module}"
    with urllib.request.urlopen(url, timeout=20) as answer:
        return {family.name: family for family in text_string_to_metric_families(answer.read().decode())}


def figures(family: Metric) -> dict[tuple[tuple[str, str], ...], float]:
    return {tuple(sorted(sample.labels.items())): sample.value for sample in family.samples}


@pytest.mark.parametrize("case", CASES)
def test_the_same_series_say_the_same(both: tuple[int, Daemon], case: str) -> None:
    module, status, location = CASES[case]
    with served() as target:
        place = f"127.0.0.1:{target.server_address[1]}"
        if status is None:
            target.stop()
        else:
            target.status, target.location = status, location
        compare(case, families(both[0], place, module), families(both[1].public, place, module))


@pytest.mark.parametrize(("case", "module"), [("refused certificate", "http_2xx"), ("any certificate", "http_anyhow")])
def test_the_same_by_tls(both: tuple[int, Daemon], tmp_path: Path, case: str, module: str) -> None:
    context = Certificates(tmp_path, dt.datetime.now(dt.UTC)).context("expired")
    with served() as target:
        target.socket = context.wrap_socket(target.socket, server_side=True)
        place = f"https://127.0.0.1:{target.server_address[1]}/"
        theirs, ours = families(both[0], place, module), families(both[1].public, place, module)
    assert "probe_ssl_earliest_cert_expiry" in ours
    compare(case, theirs, ours)


def compare(case: str, theirs: dict[str, Metric], ours: dict[str, Metric]) -> None:
    alone = ONLY_OURS_IF_REFUSED if "probe_tls_version_info" not in theirs else ONLY_OURS
    assert ours.keys() - alone == theirs.keys() - ONLY_THEIRS
    for name in theirs.keys() - ONLY_THEIRS:
        family = theirs[name]
        assert (name, ours[name].type, ours[name].documentation) == (name, family.type, family.documentation)
        assert figures(ours[name]).keys() == figures(family).keys(), name
        if name not in TIMED and (case, name) not in OTHERWISE_COUNTED:
            assert (name, figures(ours[name])) == (name, figures(family))
