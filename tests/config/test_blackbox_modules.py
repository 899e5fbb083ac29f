"""The modules of a blackbox.yml stand beside our own, or the file is refused whole."""

from pathlib import Path

import pytest

from prober.cli.check_config import read_config
from prober.config import Config, shown
from prober.config.document import MAX_BYTES
from prober.errors import ConfigError

OURS = '[modules.ours]\nkind = "http"\n'


def read(folder: Path, text: str) -> Config:
    (folder / "config.toml").write_text(OURS)
    (folder / "b.yml").write_text(text)
    return read_config(folder / "config.toml", {}, blackbox=folder / "b.yml")


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    return [one.removeprefix(f"{folder}/b.yml") for one in caught.value.mistakes]


def test_they_are_modules_like_others_and_their_secrets_are_hidden(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("token-0123\n")
    config = read(
        tmp_path,
        "modules: {a: {prober: http, http: {bearer_token_file: token}},"
        " b: {prober: http, http: {basic_auth: {username: u, password: hunter22}}}}",
    )
    assert list(config.modules) == ["ours", "a", "b"]
    assert config.modules["a"].kind == "http"
    assert config.redact("token-0123 and dTpodW50ZXIyMg==") == "*** and ***"
    assert "hunter" not in shown(config)
    assert "dTpod" not in shown(config)


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = """
modules:
  ours: {prober: http}
  a: {prober: http, http: {methd: GET}}
  b: {prober: http, http: {fail_if_ssl: true}}
  c: {prober: http, http: {method: BREW, fail_if_body_matches_regexp: ["("], headers: {"a b": secret}}}
  d: {prober: dns, dns: {query_type: A}}
  e: {prober: http, http: {bearer_token_file: none}}
  f: {prober: icmp, icmp: {payload_size: 99999}}
"""
    found = mistakes(tmp_path, text)
    assert [one.split(": ")[0] for one in found] == [":4:28", ":5:28", *[":6:3"] * 3, ":7:3", ":8:3", ":9:3", ":3:3"]
    assert found[-1].startswith(":3:3: modules.ours: expected an id that ")
    assert "modules.c: method: input should be 'GET'" in found[2]
    assert "modules.d: query: expected a value, found none" in found[5]
    assert "expected a readable file at" in found[6]
    assert "secret" not in "".join(found)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("modules: [", ":1:11: expected YAML, found: "),
        ("\udcff", ": expected a blackbox.yml in UTF-8, found something else"),
        ("modules: {}\n" + "#" * MAX_BYTES, f": expected at most {MAX_BYTES} bytes, found more"),
    ],
    ids=["no yaml", "no text", "too much"],
)
def test_what_cannot_be_read_is_a_mistake(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "config.toml").write_text(OURS)
    (tmp_path / "b.yml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError) as caught:
        read_config(tmp_path / "config.toml", {}, blackbox=tmp_path / "b.yml")
    assert caught.value.mistakes[0].removeprefix(f"{tmp_path}/b.yml").startswith(told)


def test_a_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(OURS)
    with pytest.raises(ConfigError, match=r"expected a blackbox\.yml in UTF-8, found: no such file"):
        read_config(tmp_path / "config.toml", {}, blackbox=tmp_path / "b.yml")
