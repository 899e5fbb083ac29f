"""Whose key it is."""

from pathlib import Path

import pytest

from prober.cli.check_config import load_config
from prober.clock import Clock
from prober.store.keys import KeyRow
from statusapi.auth import Auth, Principal, Scope, digest_of
from statusapi.limits import Limits
from tests.statusapi.scene import ACME, ADMIN, CONFIG, scene

NOW = Clock(wall_ns=lambda: 0, monotonic_ns=lambda: 0)


def auth_of(text: str, folder: Path) -> Auth:
    path = folder / "config.toml"
    path.write_text(text)
    config = load_config(path, {})
    return Auth(config, NOW, Limits(NOW, config))


@pytest.fixture
def auth(tmp_path: Path) -> Auth:
    return auth_of(CONFIG, tmp_path)


def test_a_key_yields_its_principal(auth: Auth) -> None:
    assert auth.principal(ADMIN) == Principal(None)
    assert auth.principal(ACME) == Principal("acme")


@pytest.mark.parametrize("key", [None, "", "acme", ACME + "0", ACME.upper(), f" {ACME}", "\udcff", "ключ"])
def test_nothing_else_opens_anything(auth: Auth, key: str | None) -> None:
    assert auth.principal(key) is None


def test_without_keys_in_the_configuration_nothing_is_open(tmp_path: Path) -> None:
    auth = auth_of("[components.shop]", tmp_path)
    assert (auth.principal(None), auth.principal(""), auth.principal("x")) == (None, None, None)


def test_an_account_sees_what_it_owns_and_the_admin_everything() -> None:
    acme, admin = Principal("acme"), Principal(None)
    assert (acme.may_see("acme"), acme.may_see("other"), acme.may_see(None)) == (True, False, False)
    assert (admin.may_see("acme"), admin.may_see(None), admin.is_admin) == (True, True, True)


def test_keys_are_not_kept_in_the_clear(auth: Auth) -> None:
    assert ACME not in repr(vars(auth))


def test_a_made_key_opens_its_account_until_it_is_over(auth: Auth) -> None:
    row = KeyRow("k1", "acme", "bot", "read", digest_of("made"), 0)
    auth.know(row)
    assert auth.principal("made") == Principal("acme", Scope.READ)
    auth.know(row._replace(expires_ms=0))
    assert auth.principal("made") is None
    auth.know(row._replace(expires_ms=1))
    assert auth.principal("made") is not None
    auth.know(row._replace(revoked_ms=0))
    assert auth.principal("made") is None
    auth.know(row._replace(account="gone"))
    assert auth.principal("made") is None


BEARER = "Authorization"


@pytest.mark.anyio
async def test_each_dialect_reads_its_own_header_only(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        told = [{"Auth": ACME}, {BEARER: f"Bearer {ACME}"}, {BEARER: f"ApiKey acme:{ACME}"}]
        for n, headers in enumerate(told):
            statuses = (
                (await it.up.get("/sites", headers=headers)).status_code,
                (await it.public.get("/api/prober/v1/incidents", headers=headers)).status_code,
                (await it.public.get("/api/v1/service/", headers=headers)).status_code,
            )
            assert [status == 200 for status in statuses] == [n == place for place in range(3)]


@pytest.mark.anyio
async def test_who_fails_again_and_again_is_slowed_and_noted_without_what_he_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with scene(tmp_path) as it:
        statuses = [(await it.up.get("/sites", headers={"Auth": f"guess-{n}"})).status_code for n in range(22)]
        assert statuses == [401] * 20 + [429] * 2
        answer = await it.up.get("/sites", headers={"Auth": ACME})
        assert (answer.status_code, answer.headers["retry-after"], answer.json()[0]["error"]) == (429, "3", "Limit")
        assert "guess" not in caplog.text
        assert "a key that nobody has was refused to 127.0.0.1" in caplog.text
        it.now_ms += 3_000
        assert (await it.up.get("/sites", headers={"Auth": ACME})).status_code == 200


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/metrics", "/probe?target=shop", "/sd/prometheus"])
async def test_who_guesses_the_key_of_the_metrics_is_slowed_and_noted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    right = {BEARER: "Bearer metrics-key-0123456789"}
    text = CONFIG.replace("[prober]", '[prober]\nmetrics_key = "metrics-key-0123456789"')
    async with scene(tmp_path, text=text) as it:
        await it.see("up")
        assert [(await it.public.get(path)).status_code for _ in range(30)] == [401] * 30
        assert (await it.public.get(path, headers=right)).status_code == 200
        guesses = [{BEARER: f"Bearer guess-{n}"} for n in range(22)]
        statuses = [(await it.public.get(path, headers=headers)).status_code for headers in guesses]
        assert statuses == [401] * 20 + [429] * 2
        answer = await it.public.get(path, headers=right)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
        assert "guess" not in caplog.text
        assert "a key that nobody has was refused to 127.0.0.1" in caplog.text
        it.now_ms += 3_000
        assert (await it.public.get(path, headers=right)).status_code == 200


@pytest.mark.anyio
async def test_a_key_may_ask_so_often_a_minute(tmp_path: Path) -> None:
    async with scene(tmp_path, text=CONFIG.replace("[prober]", "[prober]\nrate_per_key = 2")) as it:
        headers = {BEARER: f"ApiKey acme:{ACME}"}
        for status in (200, 200, 429):
            answer = await it.public.get("/api/v1/service/", headers=headers)
            assert answer.status_code == status
        assert (answer.content, answer.headers["retry-after"]) == (b"", "30")
        assert (await it.up.get("/sites", headers={"Auth": ADMIN})).status_code == 200
