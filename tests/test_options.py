"""Durations, ids, names and secrets are read strictly, and what is wrong with them is said in the house's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from prober.options import (
    ChannelOptions,
    CheckOptions,
    Id,
    Name,
    Options,
    Secret,
    is_id,
    parse_duration_ms,
    show_duration,
)

YEAR_MS = 366 * 86_400_000


class Table(Options):
    id: Id = "x"
    name: Name = "x"
    secret: Secret | None = None


@pytest.mark.parametrize(
    ("text", "ms"), [("250ms", 250), ("30s", 30_000), ("1h30m", 5_400_000), ("0.5s", 500), ("7d", 604_800_000)]
)
def test_a_duration_is_a_number_and_a_unit(text: str, ms: int) -> None:
    assert parse_duration_ms(text) == ms


@pytest.mark.parametrize(
    "text", ["", "5", "0s", "-1s", "1 s", "1S", "s", "1s ", "1e3s", "٣s", "0.1ms", "367d", "9" * 400 + "d", "1s\n"]
)
def test_everything_else_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        parse_duration_ms(text)


@given(st.integers(1, YEAR_MS))
def test_a_duration_is_shown_as_it_can_be_read(ms: int) -> None:
    assert parse_duration_ms(show_duration(ms)) == ms


@pytest.mark.parametrize("text", ["a", "a-b", "a.b:c_d", "A1", "x" * 64])
def test_ids_are_plain(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize("text", ["", "-a", "a-", "a b", "a/b", "ä", "x" * 65, "a\n"])
def test_other_texts_are_no_ids(text: str) -> None:
    assert not is_id(text)


@pytest.mark.parametrize("name", ["Shop", "Café ☕", "👩‍💻", "x" * 200])
def test_names_are_what_people_write(name: str) -> None:
    assert Table(name=name).name == name


@pytest.mark.parametrize("name", ["", " ", " a", "a\n", "a\x1b[31m", "a\u202eb", "a\ud800", "x" * 201])
def test_names_cannot_disturb_what_shows_them(name: str) -> None:
    with pytest.raises(ValidationError, match="a name: one line"):
        Table(name=name)


def test_a_secret_does_not_show_itself() -> None:
    table = Table.model_validate({"secret": "hunter2"})
    assert "hunter2" not in repr(table)
    assert table.secret is not None
    assert table.secret.get_secret_value() == "hunter2"
    with pytest.raises(ValidationError):
        Table.model_validate({"secret": ""})


def test_tables_are_strict_and_frozen() -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        Table.model_validate({"other": 1})
    with pytest.raises(ValidationError, match="frozen"):
        Table().name = "y"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="int_type"):
        CheckOptions.model_validate({"component": "a", "kind": "x", "failures": "2"})


def test_every_key_says_what_it_means() -> None:
    for model in (CheckOptions, ChannelOptions):
        assert all(field.description for field in model.model_fields.values())


def test_a_kind_that_says_nothing_of_its_target_is_found_out() -> None:
    with pytest.raises(TypeError, match="does not say"):
        CheckOptions(component="a", kind="x").target()
    with pytest.raises(TypeError, match="does not say"):
        ChannelOptions(kind="x").target()
