"""All SQL is in named queries, each with a line that says what for."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import prober.store
from prober.store.named import queries, statement

FOLDER = Path(prober.store.__file__).parent
FILES = sorted((FOLDER / "queries").glob("*.sql"))
SPOKEN = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER)\s")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_query_has_a_name_and_a_purpose(file: Path) -> None:
    _, *found = re.split(r"^-- name: ", file.read_text(), flags=re.MULTILINE)
    assert found
    for one in found:
        name, purpose, *lines = one.splitlines()
        assert re.fullmatch(r"[a-z_]+[\^!]?|[a-z_]+\*!", name), name
        assert re.fullmatch(r"-- .*\w.*[.:]?", purpose), name
        assert SPOKEN.match("\n".join(line for line in lines if not line.startswith("--"))), name


def test_no_two_queries_share_a_name() -> None:
    found = re.findall(r"^-- name: ([a-z_]+)", "\n".join(file.read_text() for file in FILES), flags=re.MULTILINE)
    assert sorted(found) == sorted(set(found))
    assert set(found) <= set(queries().available_queries)


def _words(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.py")), ids=lambda file: file.stem)
def test_modules_have_no_statement_of_their_own(file: Path) -> None:
    assert [words for words in _words(ast.parse(file.read_text())) if SPOKEN.match(words)] == []


def test_words_are_put_into_a_query_about_any_table() -> None:
    said = statement("chained_row", table="incident", is_key="num = ?")
    assert said == 'SELECT *\nFROM "incident"\nWHERE num = ?;'
