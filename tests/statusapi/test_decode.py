"""What a request brings is read strictly, once for all dialects."""

from typing import Any

import pytest
from starlette.requests import Request

from statusapi.decode import LONGEST_REQUEST, decoded, parsed, taken
from statusapi.orders import PostFields
from statusapi.problems import Problem

BAD = [
    (b"", 400, "body: expected a value, found none"),
    (b"[]", 400, "Expected one JSON object in UTF-8, found something else."),
    (b"{", 400, "Expected one JSON object in UTF-8, found: "),
    (b'{"body": "\xff"}', 400, "Expected one JSON object in UTF-8, found: "),
    (b'{"body": NaN}', 400, "NaN, which is no number of JSON"),
    (b'{"body": "a", "body": "b"}', 400, "a key that stands twice"),
    (b'{"body": "half a \\ud800"}', 400, "half a character"),
    (b'{"\\ud800": "a key"}', 400, "half a character"),
    (b"[" * 50_000, 400, "Expected one JSON object in UTF-8, found: "),
    (b'{"body": "a", "other": 1}', 400, "other: there is no such field"),
    (b'{"body": 5}', 400, "body: expected a text of 1 to 10000 characters"),
    (b'{"body": "  "}', 400, "body: expected a text of 1 to 10000 characters"),
    (b'{"body": "a", "status": "done"}', 400, "status: expected 'investigating'"),
    (b'{"a": 1e999}', 400, "found: a number that is too large."),
    (b'{"a": 9223372036854775808}', 400, "found: a number that is too large."),
    (b'{"a": ' + b"9" * 5000 + b"}", 400, "Exceeds the limit"),
    (b'{"a": "\\u0000"}', 400, "found: a text with NUL in it."),
    (b'{"a": ' + b"[" * 20 + b"]" * 20 + b"}", 400, "found: more than 16 levels."),
    ('{"a": 1}'.encode("utf-16"), 400, "found: bytes that are no UTF-8."),
    (b'\xef\xbb\xbf{"a": 1}', 400, "Expected one JSON object in UTF-8"),
    (b" " * (LONGEST_REQUEST + 1), 413, "Expected a body of at most 65536 bytes."),
]


@pytest.mark.parametrize(("content", "status", "said"), BAD, ids=range(len(BAD)))
def test_a_body_that_can_not_be_read_is_refused_in_one_sentence(content: bytes, status: int, said: str) -> None:
    with pytest.raises(Problem) as caught:
        decoded(content, PostFields)
    assert caught.value.status == status
    assert said in caught.value.text


def test_an_object_is_taken_as_it_is() -> None:
    assert parsed('{"a": [1, 1.5, null, true, "é"], "b": {"c": []}}'.encode()) == {
        "a": [1, 1.5, None, True, "é"],
        "b": {"c": []},
    }
    assert parsed(b"") == parsed(b" \n") == {}


def request_of(*headers: tuple[str, str]) -> Request:
    async def receive() -> Any:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    raw = [(name.encode(), value.encode()) for name, value in headers]
    return Request({"type": "http", "headers": raw}, receive)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("headers", "is_taken"),
    [
        ([], True),
        ([("content-type", "")], True),
        ([("content-type", "Application/JSON ; charset=UTF-8")], True),
        ([("content-type", 'application/json; charset="utf-8"')], True),
        ([("content-encoding", "identity")], True),
        ([("content-type", "application/json; charset=utf-16")], False),
        ([("content-type", "application/json;charset=latin1")], False),
        ([("content-type", "application/json"), ("content-type", "text/xml")], False),
        ([("content-encoding", "gzip")], False),
        ([("content-encoding", "br, identity")], False),
    ],
)
async def test_what_a_body_is_said_to_be_is_believed(headers: list[tuple[str, str]], is_taken: bool) -> None:
    if is_taken:
        assert await taken(request_of(*headers)) == b"{}"
        return
    with pytest.raises(Problem) as caught:
        await taken(request_of(*headers))
    assert caught.value.status == 415
