"""`prober probe`: one probe now, for people and for machines."""

import datetime as dt
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal
from typer.testing import CliRunner, Result

from prober.cli.main import app
from prober.wire.resolve import Address, failed_lookup
from tests.acceptance.scene import Server, served
from tests.wire.certificates import Certificates
from tests.wire.hostile import answers, serving


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["probe", *arguments])


@pytest.fixture
def server() -> Iterator[Server]:
    with served() as it:
        yield it


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}/"


def test_up_is_exit_status_0_with_a_table_of_phases_and_facts(server: Server) -> None:
    result = run(url(server))
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"UP  http  {url(server)}\n")
    for word in ("resolve", "connect", "send", "processing", "transfer", "total", "status_code"):
        assert word in result.stdout


def test_json_is_exactly_one_object(server: Server) -> None:
    result = run(url(server), "--json")
    found = json.loads(result.stdout)
    assert (found["kind"], found["target"], found["outcome"]) == ("http", url(server), "up")
    assert (found["reason"], found["owner"], found["detail"]) == (None, None, "")
    assert list(found["phases_ms"]) == ["resolve", "connect", "send", "processing", "transfer"]
    assert found["facts"]["status_code"] == 200
    assert found["took_ms"] >= sum(found["phases_ms"].values()) - 0.01


def test_down_is_exit_status_1_and_says_why_and_where(server: Server, free_port: int) -> None:
    server.status = 500
    result = run(url(server))
    assert result.exit_code == 1
    assert "http_status (target): expected status 200-299, found 500" in result.stdout
    result = run(f"127.0.0.1:{free_port}", "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["kind"], found["reason"]) == (1, "tcp", "connect_refused")


def test_the_failed_phase_is_marked(free_port: int) -> None:
    lines = run(f"tcp://127.0.0.1:{free_port}").stdout.splitlines()
    assert [line.split()[0] for line in lines if line.endswith("<- failed here")] == ["connect"]


def test_degraded_is_exit_status_1(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path, dt.datetime.now(dt.UTC))
    server = serving(answers(b"HTTP/1.1 200 OK\r\n\r\n"), certificates.context("good"))
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(server) as port:
        keys = ["--set", "cert_expiring_within=31d", "--set", "expect_status=[200]", "--ca", str(certificates.ca)]
        result = run(f"https://127.0.0.1:{port}/", "--json", *keys)
    found = json.loads(result.stdout)
    assert (result.exit_code, found["outcome"], found["reason"]) == (1, "degraded", "cert_expiring")


def test_our_own_trouble_is_exit_status_3(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(host: str, family: str) -> Address:
        raise failed_lookup(socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), host)

    monkeypatch.setattr("prober.probes.http.resolve", resolve)
    result = run("http://shop.test/", "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["outcome"], found["owner"], found["reason"]) == (3, "unknown", "self", "self_dns")


def test_any_key_of_the_kind_can_be_set(server: Server) -> None:
    keys = ["--set", "expect_status=[404]", "--set", "method=POST", "--set", "body='{}'", "--set", "headers.X-Key=a"]
    result = run(url(server), *keys)
    assert "expected status 404, found" in result.stdout
    result = run(url(server), "--timeout", "1500ms", "--set", "method = GET")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], 'TARGET: expected something like "https://example.com/" or "example.com:5432"'),
        (["http://a.test", "--kind", "tcp"], 'TARGET: expected something like "example.com:5432"'),
        (["a:1", "--kind", "tpc"], '--kind: no kind "tpc", did you mean "tcp"?'),
        (
            ["http://a.test", "--set", "expect_staus=200"],
            'kind http has no key "expect_staus", did you mean "expect_status"?',
        ),
        (["http://a.test", "--set", "nothing"], "--set: expected KEY=VALUE"),
        (["http://a.test", "--set", "kind=tcp"], "--set kind: expected --kind"),
        (["http://a.test", "--timeout", "5"], 'timeout: expected a duration such as "30s", found "5"'),
        (["http://a.test", "--ca", "/none"], "ca: expected a readable PEM file with certificates"),
        (["http://me:secret@a b"], 'url: expected a URL such as "https://example.com/"'),
    ],
)
def test_bad_usage_is_exit_status_2_and_says_what_was_expected(arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"prober probe: {said}" in result.stderr
    assert "secret" not in result.stderr


def test_a_password_is_never_printed(server: Server) -> None:
    target = url(server).replace("http://", "http://me:secret@")
    for more in ([], ["--json"]):
        result = run(target, *more)
        assert result.exit_code == 0
        assert "secret" not in result.output
