"""YAML is read as its places want it; what is wrong is told with line and column."""

import pytest

from prober.config.yaml_tables import (
    MOST_BYTES,
    Found,
    Reader,
    Shape,
    flag,
    listed,
    named,
    size,
    span_ms,
    table,
    text,
    whole,
)

SHAPE: Shape = {
    "text": text, "flag": flag, "whole": whole, "span": span_ms, "size": size, "texts": listed(text),
    "names": named(whole), "inner": table({"a": text, "b": text}),
}  # fmt: skip


def read(written: str) -> tuple[dict[str, object], list[str]]:
    reader = Reader()
    return {key: plain(found) for key, found in reader.read(written, SHAPE).items()}, reader.mistakes


def plain(value: object) -> object:
    if isinstance(value, Found):
        return plain(value.value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


READ = {
    "text: on": {"text": "on"},
    "text: 010": {"text": "010"},
    "text: 1:30": {"text": "1:30"},
    "flag: on": {"flag": True},
    "flag: False": {"flag": False},
    "whole: 010": {"whole": 10},
    "span: 1m1.5s": {"span": 61_500},
    "span: 1ns": {"span": 1},
    "size: 10": {"size": 10},
    "size: 1.5KB": {"size": 1536},
    "size: 2MiB": {"size": 2_097_152},
    "texts: [a, 1]": {"texts": ["a", "1"]},
    "names: {x: 1, y: 2}": {"names": {"x": 1, "y": 2}},
    "text:": {},
    "texts:": {},
    "inner:": {},
    "names:": {"names": {}},
    "inner: {a: null}": {"inner": {}},
    "": {},
    "inner: {<<: {a: x, b: y}, a: z}": {"inner": {"a": "z", "b": "y"}},
    "inner: {<<: [{a: x}, {a: y, b: y}]}": {"inner": {"a": "x", "b": "y"}},
    "texts: [&x a, *x]": {"texts": ["a", "a"]},
}


@pytest.mark.parametrize("written", READ)
def test_values_are_read_as_their_places_want_them(written: str) -> None:
    assert read(written) == (READ[written], [])


WRONG = {
    "txt: a": "1:1: txt: expected one of text, flag, whole, span, size, texts, names, inner, found an unknown one, did "
    'you mean "text"?',
    "text: a\ntext: b": "2:1: text: expected each key once, found it twice",
    "text: [a]": "1:7: text: expected a text, found a list",
    "flag: 2": "1:7: flag: expected true or false, found something else",
    "whole: 1.5": "1:8: whole: expected a whole number, found something else",
    "span: 5": '1:7: span: expected a duration such as "5s", found something else',
    "span: s": '1:7: span: expected a duration such as "5s", found something else',
    "size: much": '1:7: size: expected a size such as "10MB", found something else',
    "texts: a": "1:8: texts: expected a list, found a text",
    "texts: [{a: b}]": "1:9: texts[0]: expected a text, found a table",
    "inner: [1]": "1:8: inner: expected a table, found a list",
    "names: {[1]: 2}": "1:9: names: expected a text as a key, found a list",
    "text: {": "1:8: expected YAML, found: expected the node content, but found '<stream end>'",
    "a: 1\n---\nb: 1": "2:1: expected YAML, found: but found another document",
    "text: *nowhere": "1:7: expected YAML, found: found undefined alias 'nowhere'",
    "text: \x00": "expected YAML, found: unacceptable character #x0000: special characters are not allowed",
    "[" * 20_000: "expected YAML, found: hundreds of levels",
    " " * (MOST_BYTES + 1): f"expected at most {MOST_BYTES} bytes, found more",
    "- a": "1:1: expected a table, found a list",
}


@pytest.mark.parametrize("written", WRONG, ids=lambda written: written[:20])
def test_mistakes_are_told_with_their_place(written: str) -> None:
    assert read(written)[1] == [WRONG[written]]


def test_all_mistakes_are_told_at_once() -> None:
    assert len(read("txt: a\nflag: 3\ninner: {c: 1}")[1]) == 3
