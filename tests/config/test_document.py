"""A file that can't be read ends in one sentence; in one that can, every key has its line."""

from pathlib import Path

import pytest

from prober.config.document import MAX_BYTES, Document
from tests.config.kinds import mistakes, written

UNREADABLE = {
    "empty": (b"", "expected a TOML file with at least one table, found an empty file"),
    "only comments": (b"# nothing\n\n", "expected a TOML file with at least one table, found an empty file"),
    "byte order mark": (
        b"\xef\xbb\xbf[prober]",
        "1: expected plain UTF-8, found a byte order mark (save it without BOM)",
    ),
    "latin-1": (b"[prober]\n# caf\xe9\n", "2: expected UTF-8, found byte 0xe9"),
    "utf-16": ("[prober]".encode("utf-16-le"), "1: expected a key, found '\\x00' at column 2"),
    "too large": (b"#" * (MAX_BYTES + 1), f"expected at most {MAX_BYTES} bytes, found more"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_is_no_text_ends_in_one_sentence(tmp_path: Path, name: str) -> None:
    content, sentence = UNREADABLE[name]
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    assert mistakes(path)[:1] == [sentence]


def test_no_file_ends_in_one_sentence(tmp_path: Path) -> None:
    expected = "expected a TOML file with at least one table, found: "
    assert mistakes(tmp_path) == [expected + "is a directory"]
    assert mistakes(tmp_path / "none.toml") == [expected + "no such file or directory"]


def test_lines_are_counted_alike_with_the_line_ends_of_windows(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"[prober]\r\n\r\nmax_probes = 0\r\n")
    assert mistakes(path) == ["3: prober.max_probes: expected a number from 1 to 10000, found 0"]


LINES = """
[a.b]
one = 1
two = [
  "x", {deep = [1,
  2]},
]
three.four = \"\"\"
five = 5
\"\"\"
"six seven" = {eight = 8}
[[list]]
nine = 9
[c]
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 2),
        (("a", "b"), 2),
        (("a", "b", "one"), 3),
        (("a", "b", "one", "nothing"), 3),
        (("a", "b", "two"), 4),
        (("a", "b", "two", 0), 5),
        (("a", "b", "two", 1, "deep"), 5),
        (("a", "b", "two", 1, "deep", 1), 6),
        (("a", "b", "three", "four"), 8),
        (("a", "b", "missing"), 2),
        (("a", "b", "six seven", "eight"), 11),
        (("list",), 12),
        (("c", "missing"), 14),
        (("nowhere",), 1),
    ],
)
def test_every_key_has_its_line(path: tuple[str | int, ...], line: int) -> None:
    assert Document("config.toml", Path(), LINES).line(path) == line


@pytest.mark.parametrize("text", ["x = " + "[" * 5000, "x = " + "[" * 5000 + "]" * 5000, "x = " + "{y=" * 900])
def test_brackets_without_end_are_refused(tmp_path: Path, text: str) -> None:
    (mistake,) = mistakes(written(tmp_path, text))
    assert "expected lists and tables in a few levels, found hundreds" in mistake


def test_depth_that_the_parser_takes_is_no_traceback(tmp_path: Path) -> None:
    for depth in range(100, 1000, 50):
        assert mistakes(written(tmp_path, '[prober]\nlog = "text"\nx = ' + "[" * depth + "]" * depth))
