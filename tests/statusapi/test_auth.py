"""Whose key it is."""

from pathlib import Path

import pytest

from prober.cli.check_config import load_config
from statusapi.auth import Auth, Principal
from tests.statusapi.scene import ACME, ADMIN, CONFIG


@pytest.fixture
def auth(tmp_path: Path) -> Auth:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return Auth(load_config(path, {}))


def test_a_key_yields_its_principal(auth: Auth) -> None:
    assert auth.principal(ADMIN) == Principal(None)
    assert auth.principal(ACME) == Principal("acme")


@pytest.mark.parametrize("key", [None, "", "acme", ACME + "0", ACME.upper(), f" {ACME}", "\udcff", "ключ"])
def test_nothing_else_opens_anything(auth: Auth, key: str | None) -> None:
    assert auth.principal(key) is None


def test_without_keys_in_the_configuration_nothing_is_open(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[components.shop]")
    auth = Auth(load_config(path, {}))
    assert (auth.principal(None), auth.principal(""), auth.principal("x")) == (None, None, None)


def test_an_account_sees_what_it_owns_and_the_admin_everything() -> None:
    acme, admin = Principal("acme"), Principal(None)
    assert (acme.may_see("acme"), acme.may_see("other"), acme.may_see(None)) == (True, False, False)
    assert (admin.may_see("acme"), admin.may_see(None), admin.is_admin) == (True, True, True)


def test_keys_are_not_kept_in_the_clear(auth: Auth) -> None:
    assert ACME not in repr(vars(auth))
