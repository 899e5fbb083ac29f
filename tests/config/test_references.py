"""References are resolved after parsing, and what they stand for is never shown."""

from pathlib import Path

import pytest

from prober.config.references import Masks
from tests.config.kinds import loaded, mistakes, written

CHECK = '[components.a]\n[checks.a]\nkind = "ping"\n'


def test_a_variable_stands_anywhere_in_a_text(tmp_path: Path) -> None:
    path = written(tmp_path, CHECK + 'host = "${HOST}.${ZONE}"\nmode = "$${HOST} $HOST $"\nheaders = {A = "b ${PW}"}')
    config = loaded(path, {"HOST": "db", "ZONE": "example.com", "PW": "hunter22"})
    check = config.checks["a"].model_dump()
    assert (check["host"], check["mode"], check["headers"]) == (
        "db.example.com",
        "${HOST} $HOST $",
        {"A": "b hunter22"},
    )
    assert config.secrets == {"example.com", "hunter22"}
    assert config.as_written(config.checks["a"].target()) == "ping://db.${ZONE}:7"
    assert config.redact("log in with HUNTER22, hunter22 or Hunter%32") == "log in with HUNTER22, *** or Hunter%32"


def test_a_file_and_a_credential_stand_for_a_text(tmp_path: Path) -> None:
    (tmp_path / "pin").write_text("pin-of-file\n")
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "number").write_text("0800 number\r\n\n")
    path = written(tmp_path, '[channels.a]\nkind = "pager"\npin = {file = "pin"}\nphone = {credential = "number"}')
    config = loaded(path, {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")})
    assert config.channels["a"].target() == "0800 number"
    assert config.as_written("0800 number") == '{credential = "number"}'
    assert config.secrets == {"pin-of-file", "0800 number"}


def test_tables_that_happen_to_be_called_file_are_tables(tmp_path: Path) -> None:
    assert loaded(written(tmp_path, '[groups.file]\nname = "File"\n')).groups["file"].name == "File"


def test_secrets_are_known_even_if_they_stand_in_the_file(tmp_path: Path) -> None:
    config = loaded(written(tmp_path, '[channels.a]\nkind = "pager"\nphone = "1"\npin = "4711!"'))
    assert config.redact("pin 4711!") == "pin ***"
    assert "4711" not in repr(config)


UNRESOLVED = [
    ('"${NONE}"', "the environment variable NONE, found none of that name"),
    ('"${}"', 'a reference such as "${NAME}", or "$${" for the two characters, found "${"'),
    ('{file = "none"}', 'a readable file with UTF-8 text at "FOLDER/none", found no such file or directory'),
    ('{file = "."}', 'a readable file with UTF-8 text at "FOLDER", found is a directory'),
    ('{file = "binary"}', 'a readable file with UTF-8 text at "FOLDER/binary", found something else'),
    ('{file = "large"}', 'a readable file with UTF-8 text at "FOLDER/large", found more than 65536 bytes'),
    ('{credential = "x"}', "a credential from systemd ($CREDENTIALS_DIRECTORY), found no such directory set"),
    ("{file = 5}", "a text, found {file = 5}"),
]


@pytest.mark.parametrize(("reference", "sentence"), UNRESOLVED)
def test_what_cannot_be_resolved_is_a_mistake(tmp_path: Path, reference: str, sentence: str) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\x00")
    (tmp_path / "large").write_bytes(b"x" * 70_000)
    found = mistakes(written(tmp_path, f"{CHECK}host = {reference}\n"))
    assert found == [f"4: checks.a.host: expected {sentence}".replace("FOLDER", str(tmp_path))]


@pytest.mark.parametrize("name", ["../config.toml", "/etc/passwd", "..", ""])
def test_a_credential_cannot_leave_its_directory(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, f'{CHECK}host = {{credential = "{name}"}}\n')
    (found,) = mistakes(path, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert found == f'4: checks.a.host: expected the name of a credential, found "{name}"'


@pytest.mark.parametrize(
    "line",
    [
        'interval = "${PW}"',
        'word = "bad ${PW}"',
        'port = "${PW}"',
        'component = "${PW}"',
        'kind = "${PW}"',
        'ports = ["${PW}"]',
        'headers = ["${PW}"]',
        'name = " ${PW}"',
        "word = {file = 'pw'}",
    ],
)
def test_a_mistake_shows_the_reference_and_never_its_value(tmp_path: Path, line: str) -> None:
    (tmp_path / "pw").write_text("bad hunter22\n")
    others = [key for key in ('kind = "ping"', 'host = "h"') if key[:4] != line[:4]]
    path = written(tmp_path, "\n".join(["[components.a]", "[components.hunter33]", "[checks.a]", line, *others]))
    told = "\n".join(mistakes(path, {"PW": "hunter22"}))
    assert "4: checks.a" in told
    assert "hunter" not in told


def test_what_came_by_reference_is_hidden_in_every_form() -> None:
    masks = Masks({'P"w/ä': "${PW}"})
    assert masks.over('P"w/ä p"w/ä P%22w%2F%C3%A4 P%22w/%C3%A4 P\\"w/\\u00e4', "***") == "*** *** *** *** ***"


def test_nothing_is_hidden_where_there_is_nothing_to_hide() -> None:
    assert Masks({}).over("text", "***") == "text"
