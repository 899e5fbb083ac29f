"""Statements are the whole text, cut where one ends."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from prober.config.statements import lines_of, statements

TOML = """
[a] # ] [
b = [ # "
  "]",
  '#',
]
[[list]]
c = \"\"\"
d = [
\"\"\" # '
e = {f = "g"}
"""


def test_a_statement_may_have_many_lines() -> None:
    found = [piece.strip() for piece in statements(TOML) if piece.strip()]
    assert [piece.split()[0] for piece in found] == ["[a]", "b", "[[list]]", "c", "e"]
    assert all(tomllib.loads(piece) for piece in found)


def test_a_bracket_that_nobody_closes_ends_at_the_next_statement() -> None:
    assert list(statements("a = [1,\n 2\nb = [\n[c]\n")) == ["a = [1,\n 2\n", "b = [\n", "[c]\n", ""]


def test_keys_in_quotes_and_dotted_keys_have_their_lines() -> None:
    assert lines_of(['"a b".c = 1\n', "d.e = 2\n"]) == {("a b",): 1, ("a b", "c"): 1, ("d",): 2, ("d", "e"): 2}


@given(st.text(alphabet="[]{}=\"'#\\\n ab1,.", max_size=60))
def test_together_they_are_the_text(text: str) -> None:
    assert "".join(statements(text)) == text
