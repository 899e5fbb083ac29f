"""No secret comes out: not in the log, the database, backups, exports, metrics, errors, pages or check-config.

Nor by the control socket, in what was seen of a target that repeats what it was sent, in notices, or when the
configuration is read again.
"""

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.acceptance.scene import Daemon, daemon, eventually

ADMIN = "canary-admin-key-0123456789"
ACCOUNT = "canary-account-key-0123456789"
GUESS = "canary-guessed-key-0123456789"
HOOK = "canary-in-the-path-of-a-hook"
PAGE = "canary-password-of-a-page-0123456789"
BEARER = "canary-bearer-of-a-check-0123456789"
HEADER = "canary-in-a-header-of-a-check"
QUERY = "canary-in-the-query-of-a-check"
SECRET = "whsec_Y2FuYXJ5LXNpZ25pbmctc2VjcmV0LTAxMjM0NTY3ODk="

MORE = f"""
[accounts.acme]
key = "{ACCOUNT}"
[sites.inner]
name = "Inner"
account = "acme"
private = true
password = "{PAGE}"
[channels.canary]
kind = "webhook"
url = "http://127.0.0.1:9/{HOOK}"
secret = "{SECRET}"
evidence = true
[subscriptions.canary]
channel = "canary"
topics = ["incidents", "components"]
[components.echo]
name = "Echo"
site = "main"
[checks.echo]
kind = "http"
url = {{ file = "echo-url" }}
bearer = "{BEARER}"
headers = {{ X-Token = "{HEADER}" }}
interval = "10s"
timeout = "10s"
retry_interval = "1s"
failures = 2
"""


class Echo(BaseHTTPRequestHandler):
    """Fails, and repeats all that it was sent in its headers and its body."""

    def do_GET(self) -> None:
        self.send_response(503)
        said = f"{self.path} {self.headers['X-Token']} {self.headers['Authorization']}"
        self.send_header("X-Said", said)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def echoing() -> Iterator[int]:
    """The port of a target that repeats what it was sent."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def asked(one: Daemon, method: str, path: str, key: str, fields: object = None, port: int | None = None) -> str:
    """The answer, or the error, as text with its headers."""
    headers = {"Authorization": f"Bearer {key}", "Auth": key, "Content-Type": "application/json"}
    content = None if fields is None else json.dumps(fields).encode()
    url = f"http://127.0.0.1:{port or one.public}{path}"
    request = urllib.request.Request(url, content, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return f"{answer.headers}{answer.read().decode()}"
    except urllib.error.HTTPError as error:
        return f"{error.headers}{error.read().decode()}"


def run(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "prober", *arguments], capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


def by_socket(one: Daemon) -> dict[str, str]:
    """What the verbs print that ask by the control socket, once the trouble of the echo was told in vain."""
    socket = str(one.folder / "state" / "control.sock")

    def shown(*verb: str) -> str:
        return run(*verb, "--server", socket)

    def attempts() -> list[str]:
        notices = json.loads(shown("notices", "list", "--json"))["notices"]
        return [row["id"] for row in notices if row["channel"] == "canary" and row["attempts"]]

    tried = eventually(attempts, "a notice that was tried", one.log)
    found = {
        " ".join(verb): shown(*verb)
        for verb in (
            ("status",),
            ("explain", "echo"),
            ("explain", "echo", "--json"),
            ("incidents", "list", "--json"),
            ("notices", "list", "--json"),
            ("channels", "list", "--json"),
            ("components", "list", "--json"),
        )
    }
    return found | {"notices show": shown("notices", "show", tried[0], "--json")}


def read_again(one: Daemon) -> dict[str, str]:
    """What is said of a configuration that has changed, and of one that has mistakes beside its secrets."""
    good = one.config.read_text()
    changed = good.replace(HOOK, f"{HOOK}-2").replace(PAGE, f"{PAGE}-2").replace(BEARER, f"{BEARER}-2")
    broken = good.replace(f'key = "{ACCOUNT}"', f'key = "{ACCOUNT}" "{ACCOUNT}"')
    unknown = good.replace(f'secret = "{SECRET}"', f'secrets = "{SECRET}"').replace("http://127.0.0.1:9/", "127.0.0.1/")
    found = {}
    for name, text in (("changed", changed), ("broken", broken), ("unknown", unknown), ("good", good)):
        file = one.folder / f"{name}.toml"
        file.write_text(text)
        found[f"plan {name}"] = run("plan", str(file), "--running", str(one.config))
        found[f"check {name}"] = run("check-config", str(file)) + run("check-config", str(file), "--json")
        one.reload(text)
        found[f"reload {name}"] = run("reload", "--config", str(one.config))
        found[f"config {name}"] = asked(one, "GET", "/config", ADMIN)
    return found


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], str]:
    """Everything that comes out of a daemon with canaries in it, by where it was found; and the key it has made."""
    folder = tmp_path_factory.mktemp("canary")
    with echoing() as echo, daemon(folder, 9, 9) as one:
        one.kill()
        (folder / "echo-url").write_text(f"http://127.0.0.1:{echo}/?token={QUERY}")
        text = one.config.read_text().replace("admin-secret-0123456789", ADMIN)
        one.config.write_text(text.replace("[components.shop]", '[components.shop]\nsite = "main"') + MORE)
        one.start()
        found: dict[str, str] = {}
        made = asked(one, "POST", "/api/prober/v1/keys", ADMIN, {"name": "bot", "account": "acme"})
        key = str(json.loads(made[made.index("{") :])["key"])
        for path in ("/", "/metrics", "/api/prober/v1/keys", "/api/prober/v1/notices", "/api/prober/v1/none", "/none"):
            for who in (ADMIN, key, GUESS):
                found[f"{path} {len(found)}"] = asked(one, "GET", path, who)
        for path in ("/accounts", "/sites", "/subscriptions"):
            for who in (ADMIN, ACCOUNT, GUESS):
                found[f"{path} {len(found)}"] = asked(one, "GET", path, who, port=one.up)
        for who in (PAGE, GUESS):
            found[f"private {len(found)}"] = asked(one, "GET", "/s/inner", who)
        found["config"] = asked(one, "GET", "/config", ADMIN)
        found["error"] = asked(one, "POST", "/api/prober/v1/incidents", key, {"site": key, "name": 5, "body": ADMIN})
        found["query"] = asked(one, "GET", f"/api/v1/service/?username=acme&api_key={key}&limit=1", "")
        found["wrong query"] = asked(one, "GET", f"/api/v1/service/?username=acme&api_key={GUESS}", "")
        found["check-config"] = run("check-config", str(one.config)) + run("check-config", str(one.config), "--json")
        found |= by_socket(one) | read_again(one)
        found["backup"] = run("backup", str(folder / "saved.db"), "--config", str(one.config))
        found["export"] = run("export", "--config", str(one.config))
        assert one.stop() == 0
        found["log"] = one.log()
    for file in (folder / "saved.db", *(folder / "state").iterdir()):
        if file.is_file():
            found[file.name] = file.read_bytes().decode("latin-1")
    return found, key


@pytest.mark.timeout(180)  # it runs many commands, one after the other
def test_no_secret_comes_out(told: tuple[dict[str, str], str]) -> None:
    found, key = told
    assert "Acceptance" in found["/ 0"]
    assert len(found) > 20
    explained = found["explain echo --json"]
    assert "***" in explained, explained  # the target did repeat them
    secrets = {
        "admin": ADMIN,
        "account": ACCOUNT,
        "made": key,
        "guess": GUESS,
        "hook": HOOK,
        "signing": SECRET,
        "page": PAGE,
        "bearer": BEARER,
        "header": HEADER,
        "query": QUERY,
    }
    leaks = [(name, where) for where, text in found.items() for name, secret in secrets.items() if secret in text]
    assert leaks == []
