"""What is not TOML does not hide the other mistakes, and is told in words that help."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prober.config.recovery import mended
from tests.config.kinds import mistakes, written

SYNTAX = [
    ("word", '1: expected a "=" after the key, found the end of the line'),
    ("word 1", "1: expected a \"=\" after the key, found '1' at column 6"),
    ("word =", '1: word: expected a value such as "text", 5, true or ["a", "b"], found the end of the line'),
    ("= 1", "1: expected a key or a [table], found '=' at column 1"),
    ("word = 'a", "1: word: expected a closing quote, found the end of the line"),
    ('word = "a', "1: word: expected a closing quote on the same line, found the end of the line"),
    ('word = "a" b', "1: word: expected nothing more on this line, found 'b' at column 12"),
    ('word = "\\d"', "1: word: expected a doubled backslash, or single quotes around the text, found a single one"),
    ("word = [1, 2", '1: word: expected a "," or the closing "]" of the list, found the end of the line'),
    ("word = {a = 1", '1: word: expected a "," or the closing "}" of the table, found the end of the line'),
    ("word = {a = 1, a = 2}", "1: word: expected each key once in a table, found '}' at column 21"),
    ("[table", '1: table: expected a "]" after the name of the table, found the end of the line'),
    ("[[table]", "1: table: expected a \"]]\" after the name of the table, found ']' at column 8"),
    ("[]", "1: expected a key, found ']' at column 2"),
    ("word = 2030-02-30", '1: word: expected a value such as "text", 5, true or ["a", "b"], found 2030-02-30'),
    ("word = yes # or no", '1: word: expected a value such as "text", 5, true or ["a", "b"], found yes'),
    ("a.b = 1\na.b.c = 2", "2: a.b.c: expected a name that is not taken, found a.b.c again"),
    ("'a b' = 1\n'a b' = 2", '2: "a b": expected a name that is not taken, found "a b" again'),
    ("[a]\n[b]\n[a]", "3: a: expected each table once, found [a] again, first on line 1"),
    ("[a]\nb = 1\n[a.b]\nc = 1", "3: a.b: expected each table once, found [a.b] again, first on line 2"),
]


@pytest.mark.parametrize(("text", "sentence"), SYNTAX)
def test_what_is_not_toml_is_told_in_words_that_help(tmp_path: Path, text: str, sentence: str) -> None:
    assert sentence in mistakes(written(tmp_path, text + "\n"))


@pytest.mark.parametrize(
    "broken", ["x = 5s", "x = [1, 2", 'x = "a', "x = '''a", "x", "[prober", "[components.shop]", "=", "[]"]
)
def test_the_mistakes_after_it_are_told_too(tmp_path: Path, broken: str) -> None:
    text = f"[components.shop]\n{broken}\n[checks.shop]\nkind = 'ping'\nhost = 'h'\nport = 0\n"
    found = mistakes(written(tmp_path, text))
    assert found[-1] == "6: checks.shop.port: expected a number from 1 to 65535, found 0"
    assert len(found) == 2


def test_what_a_left_out_line_may_have_said_is_not_called_missing(tmp_path: Path) -> None:
    text = "[components.shop]\n[checks.shop]\nkind = 'ping'\nhost = h\n"
    assert len(mistakes(written(tmp_path, text))) == 1


def test_a_value_without_quotes_is_not_shown_where_a_secret_belongs(tmp_path: Path) -> None:
    text = "[channels.a]\nkind = 'pager'\npin = hunter2\n[checks.a.headers]\nAuthorization = Bearer hunter2\n"
    found = mistakes(written(tmp_path, text))
    assert len(found) > 2
    assert "hunter2" not in "".join(found)


def test_fifty_doubled_keys_are_all_told(tmp_path: Path) -> None:
    text = "[prober]\n" + "log = 'text'\n" * 50
    assert len(mistakes(written(tmp_path, text))) == 49


def test_a_file_that_cannot_be_mended_is_told_as_far_as_it_goes(tmp_path: Path) -> None:
    found = mistakes(written(tmp_path, "[prober]\n" + "'log' = 'text'\n" * 60))
    assert len(found) == 50
    assert found[0] == "3: prober.log: expected a name that is not taken, found prober.log again"


LINE = st.sampled_from(
    [
        "[a]",
        "[a.b]",
        "[[c]]",
        "x = 1",
        'y = "',
        "z = [",
        "]",
        "'''",
        '"""',
        "{",
        "}",
        "x = {a = 1}",
        "a.b = 2",
        "\\",
        "#",
    ]
)


@given(st.lists(LINE, max_size=12).map("\n".join))
def test_what_is_mended_is_toml_with_as_many_lines(text: str) -> None:
    mend = mended(text)
    assert mend.is_whole
    assert tomllib.loads(mend.text) is not None
    assert mend.text.count("\n") == text.count("\n")
