"""No secret comes out: not in the log, the database, backups, exports, metrics, errors, pages or check-config."""

import json
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from tests.acceptance.scene import Daemon, daemon

ADMIN = "canary-admin-key-0123456789"
ACCOUNT = "canary-account-key-0123456789"
GUESS = "canary-guessed-key-0123456789"
HOOK = "canary-in-the-path-of-a-hook"
PAGE = "canary-password-of-a-page-0123456789"
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
"""


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


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], str]:
    """Everything that comes out of a daemon with canaries in it, by where it was found; and the key it has made."""
    folder = tmp_path_factory.mktemp("canary")
    with daemon(folder, 9, 9) as one:
        one.kill()
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
        found["backup"] = run("backup", str(folder / "saved.db"), "--config", str(one.config))
        found["export"] = run("export", "--config", str(one.config))
        assert one.stop() == 0
        found["log"] = one.log()
    for file in (folder / "saved.db", *(folder / "state").iterdir()):
        if file.is_file():
            found[file.name] = file.read_bytes().decode("latin-1")
    return found, key


def test_no_secret_comes_out(told: tuple[dict[str, str], str]) -> None:
    found, key = told
    assert "Acceptance" in found["/ 0"]
    assert len(found) > 20
    secrets = {
        "admin": ADMIN,
        "account": ACCOUNT,
        "made": key,
        "guess": GUESS,
        "hook": HOOK,
        "signing": SECRET,
        "page": PAGE,
    }
    leaks = [(name, where) for where, text in found.items() for name, secret in secrets.items() if secret in text]
    assert leaks == []
