"""The tables of examples in RFC 9535, section by section: what each path finds, in any order where that is free."""

import json
from collections import Counter
from typing import Any

import pytest

from prober.wire.json_query import query, values

STORE = {
    "store": {
        "book": [
            {"category": "reference", "author": "Nigel Rees", "title": "Sayings of the Century", "price": 8.95},
            {"category": "fiction", "author": "Evelyn Waugh", "title": "Sword of Honour", "price": 12.99},
            {"category": "fiction", "author": "Herman Melville", "title": "Moby Dick", "isbn": "0-553-21311-3",
             "price": 8.99},
            {"category": "fiction", "author": "J. R. R. Tolkien", "title": "The Lord of the Rings",
             "isbn": "0-395-19395-8", "price": 22.99},
        ],
        "bicycle": {"color": "red", "price": 399},
    }
}  # fmt: skip
BOOKS: Any = STORE["store"]["book"]
NAMES = {"o": {"j j": {"k.k": 3}}, "'": {"@": 2}}
WILD = {"o": {"j": 1, "k": 2}, "a": [5, 3]}
LETTERS = ["a", "b", "c", "d", "e", "f", "g"]
FILTER: Any = {
    "a": [3, 5, 1, 2, 4, 6, {"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}],
    "o": {"p": 1, "q": 2, "r": 3, "s": 5, "t": {"u": 6}},
    "e": "f",
}
DEEP: Any = {"o": {"j": 1, "k": 2}, "a": [5, 3, [{"j": 4}, {"k": 6}]]}
NULLS: Any = {"a": None, "b": [None], "c": [{}], "null": 1}
COMPARED = {"obj": {"x": "y"}, "arr": [2, 3]}

TABLE: dict[str, list[tuple[Any, str, list[Any]]]] = {
    "1.5": [
        (STORE, "$.store.book[*].author", [book["author"] for book in BOOKS]),
        (STORE, "$..author", [book["author"] for book in BOOKS]),
        (STORE, "$.store.*", [BOOKS, STORE["store"]["bicycle"]]),
        (STORE, "$.store..price", [399, 8.95, 12.99, 8.99, 22.99]),
        (STORE, "$..book[2]", [BOOKS[2]]),
        (STORE, "$..book[2].author", ["Herman Melville"]),
        (STORE, "$..book[2].publisher", []),
        (STORE, "$..book[-1]", [BOOKS[3]]),
        (STORE, "$..book[0,1]", BOOKS[:2]),
        (STORE, "$..book[:2]", BOOKS[:2]),
        (STORE, "$..book[?@.isbn]", BOOKS[2:]),
        (STORE, "$..book[?@.price<10]", [BOOKS[0], BOOKS[2]]),
    ],
    "2.2": [({"k": "v"}, "$", [{"k": "v"}])],
    "2.3.1": [
        (NAMES, "$.o['j j']", [{"k.k": 3}]),
        (NAMES, "$.o['j j']['k.k']", [3]),
        (NAMES, '$.o["j j"]["k.k"]', [3]),
        (NAMES, '$["\'"]["@"]', [2]),
    ],
    "2.3.2": [
        (WILD, "$[*]", [{"j": 1, "k": 2}, [5, 3]]),
        (WILD, "$.o[*]", [1, 2]),
        (WILD, "$.o[*, *]", [1, 2, 2, 1]),
        (WILD, "$.a[*]", [5, 3]),
    ],
    "2.3.3": [(["a", "b"], "$[1]", ["b"]), (["a", "b"], "$[-2]", ["a"]), (["a", "b"], "$[2]", [])],
    "2.3.4": [
        (LETTERS, "$[1:3]", ["b", "c"]),
        (LETTERS, "$[5:]", ["f", "g"]),
        (LETTERS, "$[1:5:2]", ["b", "d"]),
        (LETTERS, "$[5:1:-2]", ["f", "d"]),
        (LETTERS, "$[::-1]", LETTERS[::-1]),
        (LETTERS, "$[::0]", []),
    ],
    "2.3.5": [
        (FILTER, "$.a[?@.b == 'kilo']", [{"b": "kilo"}]),
        (FILTER, "$.a[?(@.b == 'kilo')]", [{"b": "kilo"}]),
        (FILTER, "$.a[?@>3.5]", [5, 4, 6]),
        (FILTER, "$.a[?@.b]", [{"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}]),
        (FILTER, "$[?@.*]", [FILTER["a"], FILTER["o"]]),
        (FILTER, "$[?@[?@.b]]", [FILTER["a"]]),
        (FILTER, "$.o[?@<3, ?@<3]", [1, 2, 2, 1]),
        (FILTER, '$.a[?@<2 || @.b == "k"]', [1, {"b": "k"}]),
        (FILTER, "$.o[?@>1 && @<4]", [2, 3]),
        (FILTER, "$.o[?@.u || @.x]", [{"u": 6}]),
        (FILTER, "$.a[?@ == @]", FILTER["a"]),
        (FILTER, "$.a[?!@.b]", [3, 5, 1, 2, 4, 6]),
        ([COMPARED], "$[?@.absent1 == @.absent2]", [COMPARED]),
        ([COMPARED], "$[?@.absent1 <= @.absent2]", [COMPARED]),
        ([COMPARED], "$[?@.absent == 'g']", []),
        ([COMPARED], "$[?@.absent1 != @.absent2]", []),
        ([COMPARED], "$[?@.absent != 'g']", [COMPARED]),
        ([COMPARED], "$[?1 <= 2]", [COMPARED]),
        ([COMPARED], "$[?1 > 2]", []),
        ([COMPARED], "$[?13 == '13']", []),
        ([COMPARED], "$[?'a' <= 'b']", [COMPARED]),
        ([COMPARED], "$[?@.obj == @.arr]", []),
        ([COMPARED], "$[?@.obj == @.obj]", [COMPARED]),
        ([COMPARED], "$[?@.obj != 17]", [COMPARED]),
        ([COMPARED], "$[?@.obj <= @.arr]", []),
        ([COMPARED], "$[?@.arr <= @.arr]", [COMPARED]),
        ([COMPARED], "$[?1 <= @.arr]", []),
        ([COMPARED], "$[?true <= true]", [COMPARED]),
        ([COMPARED], "$[?true > true]", []),
    ],
    "2.4": [
        (["ab", "abc", [1], {"a": 1, "b": 2, "c": 3}], "$[?length(@) < 3]", ["ab", [1]]),
        ([[1, 2], [1], {"a": 1}], "$[?count(@.*) == 1]", [[1], {"a": 1}]),
        ([{"a": 1}, {"a": 2}], "$[?value(@.a) == 2]", [{"a": 2}]),
    ],
    "2.5.1": [
        (LETTERS, "$[0, 3]", ["a", "d"]),
        (LETTERS, "$[0:2, 5]", ["a", "b", "f"]),
        (LETTERS, "$[0, 0]", ["a", "a"]),
    ],
    "2.5.2": [
        (DEEP, "$..j", [1, 4]),
        (DEEP, "$..[0]", [5, {"j": 4}]),
        (DEEP, "$..*", [*DEEP.values(), 1, 2, 5, 3, DEEP["a"][2], {"j": 4}, {"k": 6}, 4, 6]),
        (DEEP, "$..o", [DEEP["o"]]),
        (DEEP, "$.o..[*, *]", [1, 2, 2, 1]),
        (DEEP, "$.a..[0, 1]", [5, 3, {"j": 4}, {"k": 6}]),
    ],
    "2.6": [
        (NULLS, "$.a", [None]),
        (NULLS, "$.a[0]", []),
        (NULLS, "$.a.d", []),
        (NULLS, "$.b[0]", [None]),
        (NULLS, "$.b[*]", [None]),
        (NULLS, "$.b[?@]", [None]),
        (NULLS, "$.b[?@==null]", [None]),
        (NULLS, "$.c[?@.d==null]", []),
        (NULLS, "$.null", [1]),
    ],
}


def sorted_out(found: list[Any]) -> Counter[str]:
    return Counter(json.dumps(value, sort_keys=True) for value in found)


@pytest.mark.parametrize(
    ("whole", "path", "found"),
    [pytest.param(*row, id=f"{section} {row[1]}") for section, rows in TABLE.items() for row in rows],
)
def test_a_path_finds_what_its_table_says(whole: Any, path: str, found: list[Any]) -> None:
    assert sorted_out(list(values(path, whole))) == sorted_out(found)


@pytest.mark.parametrize(
    "path",
    [
        "", " $", "$ ", "@", "$.a.", "$..", "$.&", "$.1", "$[a]", "$[01]", "$[-0]", "$[1.0]", "$[9007199254740992]",
        "$[1:2:3:4]", "$['a]", '$["\\x"]', "$['\\ud800']", "$[?@.a=1]", "$[?@.a===1]", "$[?(@.a]", "$[?length(@)]",
        "$[?count(1) > 1]", "$[?@[*] > 1]", "$[?unknown(@)]", "$[?1]", "$[?'a']", "$[?true]", "$[?@.a == [1]]", "$[]",
        "$[,1]", "$[1,]", "$.a b",
    ],
)  # fmt: skip
def test_what_is_no_path_by_its_grammar_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        query(path)
