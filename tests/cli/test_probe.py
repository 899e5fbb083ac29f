"""`prober probe`: one probe now, for people and for machines."""

import datetime as dt
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import anyio
import pytest
from anyio.from_thread import start_blocking_portal
from typer.testing import CliRunner, Result

from prober.cli.main import app
from tests.acceptance.scene import Server, served
from tests.wire.certificates import Certificates
from tests.wire.hostile import OK, Peer, answers, reply, serving


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["probe", *arguments])


@pytest.fixture
def server() -> Iterator[Server]:
    with served() as it:
        yield it


async def after_a_while(peer: Peer) -> None:
    await peer.hear()
    await anyio.sleep(0.1)
    await peer.say(OK)


async def echoes(peer: Peer) -> None:
    """Answers with the request's head."""
    await peer.say(reply(await peer.hear()))


def read_all(descriptor: int) -> str:
    """What comes out of a terminal until its other end is closed, which Linux tells by EIO."""
    pieces = []
    with open(descriptor, "rb", buffering=0) as terminal, suppress(OSError):
        while piece := terminal.read(4096):
            pieces.append(piece)
    return b"".join(pieces).decode()


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


def test_an_answer_slower_than_the_bound_is_degraded(server: Server, free_port: int) -> None:
    result = run(url(server), "--json", "--set", "degraded_over=1m")
    assert (result.exit_code, json.loads(result.stdout)["outcome"]) == (0, "up")
    slow = serving(after_a_while)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(slow) as port:
        result = run(f"http://127.0.0.1:{port}/", "--set", "degraded_over=20ms")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[1] == "  expect_time (target): it took longer than 20ms"
    result = run(f"127.0.0.1:{free_port}", "--json", "--set", "degraded_over=1ms")
    assert json.loads(result.stdout)["reason"] == "connect_refused"


def test_our_own_trouble_is_exit_status_3() -> None:
    result = run("255.255.255.255:9", "--json")  # the system itself refuses a connection to everybody
    found = json.loads(result.stdout)
    assert (result.exit_code, found["outcome"], found["owner"]) == (3, "unknown", "self")
    assert found["reason"] == "self_uplink"


def test_any_key_of_the_kind_can_be_set() -> None:
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serving(echoes)) as port:
        target = f"http://127.0.0.1:{port}/"
        keys = ["method=POST", "body='{}'", "headers.X-Key=a", "headers.X-Number='5'", "expect_status=[404]"]
        result = run(target, *(word for key in keys for word in ("--set", key)))
        assert "expected status 404, found 200" in result.stdout
        asked = ["--set", "method = PUT", "--set", "expect_body=PUT / HTTP/1.1", "--timeout", "20s"]
        result = run(target, *asked)
        assert result.exit_code == 0, result.output
        for line in ("POST / HTTP/1.1", "X-Key: a", "X-Number: 5", "Content-Length: 2"):
            result = run(target, *(word for key in keys[:4] for word in ("--set", key)), "--set", f"expect_body={line}")
            assert result.exit_code == 0, result.output


def test_a_terminal_is_told_the_same_as_a_file(server: Server) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "prober", "probe", url(server)]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env={**os.environ, "COLUMNS": "120"}) as process:
        os.close(theirs)
        shown = read_all(ours)
    assert process.returncode == 0, shown
    assert f"UP  http  {url(server)}" in shown
    for word in ("resolve", "connect", "send", "processing", "transfer", "total", "status_code"):
        assert word in shown


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
