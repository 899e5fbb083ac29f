"""A real Prometheus scrapes the daemon in three ways; blackbox_exporter's dashboards find one series for each check."""

import datetime as dt
import json
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

from tests.acceptance.scene import Daemon, alive, eventually, served
from tests.ports import free_port
from tests.services import needs_service
from tests.wire.certificates import Certificates

MORE = """
[components.blog]
name = "Blog"
[checks.blog]
kind = "http"
url = "https://127.0.0.1:{port}/"
ca = "{ca}"
interval = "1s"
timeout = "1s"
"""
SCRAPES = """
global: {{ scrape_interval: 1s }}
scrape_configs:
  - job_name: plain
    static_configs: [{{ targets: ["127.0.0.1:{public}"] }}]
  - job_name: relabelled
    static_configs: [{{ targets: ["127.0.0.1:{public}"] }}]
    metric_relabel_configs:
      - {{ source_labels: [component], regex: "(.+)", target_label: instance }}
  - job_name: blackbox
    http_sd_configs:
      - url: http://127.0.0.1:{public}/sd/prometheus
        refresh_interval: 1s
        authorization: {{ type: Bearer, credentials: admin-secret-0123456789 }}
"""

# Queries of the dashboards 7587, 14928, 13659, 11175, 11529, 16124 and of the blackbox-exporter-mixin, with JOB and
# INSTANCE filled in; each gives a series for an instance.
QUERIES = (
    "probe_success{instance=~'INSTANCE'}",
    "probe_duration_seconds{instance=~'INSTANCE'}",
    "probe_dns_lookup_time_seconds{instance=~'INSTANCE'}",
    "probe_http_status_code{job=~'JOB',instance=~'INSTANCE'} > 0",
    "probe_http_version{instance=~'INSTANCE'}",
    "probe_http_ssl{instance=~'INSTANCE'}",
    "probe_http_redirects{job=~'JOB'}",
    "probe_ip_protocol{instance=~'INSTANCE'}",
    "sum(probe_http_duration_seconds{job=~'JOB',instance=~'INSTANCE'}) by (instance)",
    "probe_http_duration_seconds{phase='connect',instance=~'INSTANCE'}",
    "avg_over_time(probe_success{job=~'JOB',instance=~'INSTANCE'}[1m])",
    "avg_over_time(probe_duration_seconds{job=~'JOB'}[1m])",
    "max by (instance) (probe_success{job='JOB'})",
    "avg by (instance) (avg_over_time(probe_success{job='JOB'}[30d]))",
)
# Those of certificates: of the one that has one.
OF_TLS = (
    "probe_ssl_earliest_cert_expiry{instance=~'INSTANCE'} - time()",
    "round((last_over_time(probe_ssl_earliest_cert_expiry{job='JOB'}[10m]) - time()) / 86400, 0.1)",
    "probe_tls_version_info{instance=~'INSTANCE'}",
    "probe_http_ssl{instance=~'INSTANCE'} > 0",
)


class Scene(NamedTuple):
    """instances: what a dashboard knows the checks by, by job; the one with TLS last."""

    port: int
    instances: dict[str, list[str]]


def found(port: int, query: str) -> list[dict[str, Any]]:
    url = f"http://127.0.0.1:{port}/api/v1/query?query={quote(query)}"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            series: list[dict[str, Any]] = json.load(answer)["data"]["result"]
            return series
    except OSError:
        return []


@contextmanager
def prometheus(folder: Path, public: int) -> Iterator[int]:
    """Its port."""
    program, port = needs_service("prometheus"), free_port()
    (folder / "prometheus.yml").write_text(SCRAPES.format(public=public))
    process = subprocess.Popen(
        [
            str(program),
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("prometheus")
    certificates = Certificates(folder, dt.datetime.now(dt.UTC))
    with served() as target, served() as secure:
        secure.socket = certificates.context("good").wrap_socket(secure.socket, server_side=True)
        plain, tls = target.server_address[1], secure.server_address[1]
        one = Daemon(folder, plain, 9)
        one.config.write_text(one.config.read_text() + MORE.format(port=tls, ca=certificates.ca))
        with alive(one), prometheus(folder, one.public) as port:
            urls = [f"http://127.0.0.1:{plain}/", f"https://127.0.0.1:{tls}/"]
            it = Scene(port, {"relabelled": ["shop", "blog"], "blackbox": urls})
            for job in ("plain", *it.instances):
                eventually(lambda job=job: len(found(port, f"probe_success{{job='{job}'}}")) == 2, job)  # type: ignore[misc]
            yield it


def test_all_three_ways_are_up(scraped: Scene) -> None:
    jobs = sorted(one["metric"]["job"] for one in found(scraped.port, "up == 1"))
    assert jobs == ["blackbox", "blackbox", "plain", "relabelled"]
    plain = found(scraped.port, "probe_success{job='plain'}")
    assert sorted(one["metric"]["component"] for one in plain) == ["blog", "shop"]


def test_labels_are_those_of_blackbox_exporters_users(scraped: Scene) -> None:
    labels = [one["metric"] for one in found(scraped.port, "probe_success{job='blackbox'}")]
    names = {"__name__", "instance", "job", "check", "component", "site"}
    assert [one.keys() for one in labels] == [names, names]


@pytest.mark.parametrize("job", ["relabelled", "blackbox"])
@pytest.mark.parametrize("query", [*QUERIES, *OF_TLS])
def test_a_dashboard_finds_one_series_for_each_check(scraped: Scene, job: str, query: str) -> None:
    instances = scraped.instances[job]
    filled = query.replace("JOB", job).replace("INSTANCE", "|".join(instances))
    expected = sorted(instances[-1:] if query in OF_TLS else instances)

    def asked() -> list[str]:
        return sorted(one["metric"]["instance"] for one in found(scraped.port, filled))

    eventually(lambda: asked() == expected, f"{expected} from {filled}, found {asked()}")


def test_the_number_of_targets_is_that_of_the_checks(scraped: Scene) -> None:
    (count,) = found(scraped.port, "count(probe_http_version{job='blackbox'})")
    assert count["value"][1] == "2"
