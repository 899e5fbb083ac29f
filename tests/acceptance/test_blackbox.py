"""Side by side: Debian's blackbox_exporter and our /probe read one blackbox.yml, ask the same targets, and say the same
of them.
"""

import datetime as dt
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import grpc  # type: ignore[import-untyped]
import pytest
from anyio.from_thread import start_blocking_portal
from grpc_health.v1 import health, health_pb2, health_pb2_grpc  # type: ignore[import-untyped]
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.scene import Daemon, alive, eventually, served
from tests.ports import free_port
from tests.services import needs_pings, needs_service
from tests.wire.certificates import Certificates
from tests.wire.dns_server import answers, name_server

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
  tcp_tls: {prober: tcp, timeout: 5s, tcp: {preferred_ip_protocol: ip4, tls: true}}
  tcp_talk:
    prober: tcp
    timeout: 5s
    tcp:
      preferred_ip_protocol: ip4
      query_response: [{send: "GET / HTTP/1.0\\r"}, {send: "\\r"}, {expect: "^HTTP/1.. (2..)", send: "${1}"}]
  dns_a: {prober: dns, timeout: 5s, dns: {preferred_ip_protocol: ip4, query_name: shop.test, query_type: A}}
  dns_soa:
    prober: dns
    timeout: 5s
    dns: {preferred_ip_protocol: ip4, query_name: shop.test, query_type: SOA, transport_protocol: tcp}
  icmp: {prober: icmp, timeout: 5s, icmp: {preferred_ip_protocol: ip4}}
  grpc_shop: {prober: grpc, timeout: 5s, grpc: {preferred_ip_protocol: ip4, service: shop}}
  grpc_cart: {prober: grpc, timeout: 5s, grpc: {preferred_ip_protocol: ip4, service: cart}}
"""
# What differs by choice: the table of docs/api.md. Series that one of the two has alone.
ONLY_OURS = {"uptime_probe_last_run_timestamp_seconds", "probe_tls_cipher_info"}
ONLY_OURS_IF_REFUSED = ONLY_OURS | {"probe_ssl_earliest_cert_expiry"}
REFUSED_BY_TCP = ONLY_OURS_IF_REFUSED | {"probe_tls_version_info"}
# Of grpc without TLS it is 0 there.
OF_GRPC = {"probe_ssl_earliest_cert_expiry"}
ONLY_THEIRS = {"probe_ssl_last_chain_expiry_timestamp_seconds", "probe_ssl_last_chain_info"}
# Ours are those that were followed.
OTHERWISE_COUNTED = {("loop", "probe_http_redirects"), ("redirect that is judged", "probe_http_redirects")}
# Values that time decides.
TIMED = {
    "probe_duration_seconds", "probe_dns_lookup_time_seconds", "probe_http_duration_seconds",
    "probe_dns_duration_seconds", "probe_grpc_duration_seconds", "probe_icmp_duration_seconds",
}  # fmt: skip

CASES = {
    "good": ("http_2xx", 200, None),
    "error": ("http_2xx", 500, None),
    "redirect that is judged": ("http_stays", 302, "/elsewhere"),
    "unmatched": ("http_words", 200, None),
    "loop": ("http_2xx", 302, "/"),
    "refused": ("http_2xx", None, None),
    "open": ("tcp_connect", 200, None),
    "closed": ("tcp_connect", None, None),
    "answered": ("tcp_talk", 200, None),
    "answered otherwise": ("tcp_talk", 500, None),
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


class WithModules(Daemon):
    """A daemon that reads their configuration as well."""

    def command(self) -> list[str]:
        return [*super().command(), "--blackbox-config", str(self.folder / "blackbox.yml")]


@contextmanager
def with_modules(folder: Path, target: int) -> Iterator[WithModules]:
    one = WithModules(folder, target, 9)
    one.config.write_text(one.config.read_text().replace("[prober]", '[prober]\nprobe_targets = ["127.0.0.0/8"]'))
    (folder / "blackbox.yml").write_text(THEIRS)
    with alive(one):
        yield one


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Daemon]]:
    folder = tmp_path_factory.mktemp("blackbox")
    with served() as target, blackbox(folder) as theirs, with_modules(folder, target.server_address[1]) as ours:
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
    alone = REFUSED_BY_TCP if case == "tls" else alone
    only_theirs = ONLY_THEIRS | OF_GRPC if case.startswith("grpc") else ONLY_THEIRS
    assert ours.keys() - alone == theirs.keys() - only_theirs
    for name in theirs.keys() - only_theirs:
        family = theirs[name]
        assert (name, ours[name].type, ours[name].documentation) == (name, family.type, family.documentation)
        assert figures(ours[name]).keys() == figures(family).keys(), name
        if name not in TIMED and (case, name) not in OTHERWISE_COUNTED:
            assert (name, figures(ours[name])) == (name, figures(family))


def test_the_same_of_a_tls_server(both: tuple[int, Daemon], tmp_path: Path) -> None:
    context = Certificates(tmp_path, dt.datetime.now(dt.UTC)).context("unknown authority")
    with served() as target:
        target.socket = context.wrap_socket(target.socket, server_side=True)
        place = f"127.0.0.1:{target.server_address[1]}"
        compare("tls", families(both[0], place, "tcp_tls"), families(both[1].public, place, "tcp_tls"))


NAMES = {
    "an address": ("dns_a", answers("shop.test. 60 IN A 192.0.2.1", authority=("shop.test. 60 IN NS ns.shop.test.",))),
    "nothing": ("dns_a", answers()),
    "no such name": ("dns_a", answers(rcode="NXDOMAIN")),
    "a zone": ("dns_soa", answers("shop.test. 60 IN SOA ns.shop.test. a.shop.test. 2026010203 1 2 3 4")),
}


@pytest.mark.parametrize("case", NAMES)
def test_the_same_of_a_name_server(both: tuple[int, Daemon], case: str) -> None:
    module, answer = NAMES[case]
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(name_server(answer)) as port:
        place = f"127.0.0.1:{port}"
        compare(case, families(both[0], place, module), families(both[1].public, place, module))


@pytest.mark.parametrize("module", ["grpc_shop", "grpc_cart"])
def test_the_same_of_a_service(both: tuple[int, Daemon], module: str) -> None:
    servicer = health.HealthServicer()
    servicer.set("shop", health_pb2.HealthCheckResponse.SERVING)
    servicer.set("cart", health_pb2.HealthCheckResponse.NOT_SERVING)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    place = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        compare(module, families(both[0], place, module), families(both[1].public, place, module))
    finally:
        server.stop(None).wait()


@needs_pings
def test_the_same_of_a_host_that_is_pinged(both: tuple[int, Daemon]) -> None:
    theirs, ours = (families(port, "127.0.0.1", "icmp") for port in (both[0], both[1].public))
    assert figures(ours["probe_success"])[()] == 1
    compare("icmp", theirs, ours)


def test_their_configuration_is_read_again_or_refused_whole(tmp_path: Path) -> None:
    with served() as target, with_modules(tmp_path, target.server_address[1]) as ours:
        place, file = f"127.0.0.1:{target.server_address[1]}", tmp_path / "blackbox.yml"
        assert "probe_success" in families(ours.public, place, "http_2xx")
        file.write_text("modules: {new: {prober: http, http: {methd: GET}}}")
        ours.reload(ours.config.read_text())
        assert f"{file}:1:38: modules.new.http.methd: expected a key of blackbox_exporter" in ours.log()
        assert "probe_success" in families(ours.public, place, "http_2xx")
        file.write_text("modules: {new: {prober: http, http: {compression: gzip}}}")
        ours.reload(ours.config.read_text())
        assert f"{file}:1:38: modules.new.http.compression: " in ours.log()
        assert "probe_success" in families(ours.public, place, "new")
        with pytest.raises(urllib.error.HTTPError, match="400"):
            families(ours.public, place, "http_2xx")
