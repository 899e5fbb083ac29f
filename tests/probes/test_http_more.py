"""What else may be expected of an answer by HTTP."""

import json
from pathlib import Path

import anyio
import pytest

from prober.core.reason import Reason
from tests.probes.scene import mistakes, probed
from tests.wire.hostile import Peer, answers, serving

pytestmark = pytest.mark.anyio

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["status"],
    "properties": {"status": {"enum": ["ok"]}, "list": {"items": {"type": "integer"}}, "a": {"pattern": "^(a+)+$"}},
}


def said(body: str, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", body]
    return "\r\n".join(lines).encode()


async def judged(answer: bytes, **keys: object) -> tuple[str, Reason | None, str]:
    async with serving(answers(answer)) as port:
        seen = await probed("http", url=f"http://127.0.0.1:{port}/", **keys)
    return seen.outcome, seen.reason, seen.detail


@pytest.fixture
def schema(tmp_path: Path) -> str:
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(SCHEMA))
    return str(path)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"status": "ok", "list": [1, 2]}', None),
        ('{"status": "down"}', '$["status"] is not as the schema says, at /properties/status/enum'),
        (
            '{"status": "ok", "list": [1, "x"]}',
            '$["list"][1] is not as the schema says, at /properties/list/items/type',
        ),
        ("{}", "$ is not as the schema says, at /required"),
        ("oh", "the body is no JSON: Expecting value at character 0"),
        (
            '{"status": "ok", "a": "' + "a" * 20_000 + '!"}',
            '$["a"] is not as the schema says, at /properties/a/pattern',
        ),
    ],
)
async def test_a_body_is_judged_by_its_schema(schema: str, body: str, told: str | None) -> None:
    found = await judged(said(body), expect_schema=schema)
    assert found == (("up", None, "") if told is None else ("down", Reason.EXPECT_JSON, told))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "Expecting property name"),
        ('{"type": "objct"}', "not valid"),
        ('{"$ref": "http://127.0.0.1:9/x"}', "it refers to"),
        ('{"pattern": "(a"}', "regex"),
        ('{"pattern": "(a)\\\\1"}', ""),
        (" " * 1_048_577, "it is larger than"),
    ],
)
async def test_a_bad_schema_is_a_mistake(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "bad.json").write_text(text)
    (found,) = mistakes("http", url="http://a.test", expect_schema=str(tmp_path / "bad.json"))
    assert found.startswith("expect_schema: a readable file with a JSON Schema")
    (missing,) = mistakes("http", url="http://a.test", expect_schema=str(tmp_path / "none.json"))
    assert missing.startswith("expect_schema: a readable file with a JSON Schema")


@pytest.mark.parametrize(
    ("keys", "reason", "told"),
    [
        ({"expect_version": ["1.1"]}, None, ""),
        ({"expect_version": ["1.0", "2"]}, Reason.EXPECT_VERSION, "expected HTTP/1.0 or 2, found HTTP/1.1"),
        ({"expect_address_in": ["::/0", "127.0.0.0/8"]}, None, ""),
        ({"expect_address_in": ["192.0.2.0/24", "::/0"]}, Reason.EXPECT_ADDRESS,
         "expected an address in 192.0.2.0/24, ::/0, found 127.0.0.1"),
        ({"expect_within": {"total": "10s", "tls": "1ms"}}, None, ""),
        ({"expect_body_matches": ["^all", "re.dy"], "expect_not_body_matches": ["x"]}, None, ""),
        ({"expect_body_matches": ["^ready"]}, Reason.EXPECT_BODY, "the body does not match ^ready"),
        ({"expect_not_body_matches": ["x", "rea+d"]}, Reason.EXPECT_BODY, "the body matches rea+d"),
        ({"any": [{"expect_body": "nope"}, {"expect_body": "ready"}]}, None, ""),
        ({"any": [{"expect_header": {"X-State": "on"}}]}, None, ""),
        ({"any": [{"expect_json": {"$.a": 1}}, {"expect_not_body": "ready"}, {"expect_header": {"X-State": "off"}}]},
         Reason.EXPECT_ANY,
         "none of the alternatives holds: the body is no JSON: Expecting value at character 0; "
         'the body contains the text of expect_not_body; header X-State: expected "off", found something else'),
        ({"any": [{"expect_body": "ready", "expect_not_body": "all"}]}, Reason.EXPECT_ANY,
         "none of the alternatives holds: the body contains the text of expect_not_body"),
        ({"any": [{"expect_body": "readier"}]}, Reason.EXPECT_ANY,
         "none of the alternatives holds: the body does not contain the expected text"),
    ],
)  # fmt: skip
async def test_what_is_expected_besides(keys: dict[str, object], reason: Reason | None, told: str) -> None:
    answer = said("all ready", "X-State: on")
    expected = "up" if reason is None else "down"
    assert await judged(answer, **keys) == (expected, reason, told)
    if reason is not None:
        assert await judged(answer, **keys, severity="degraded") == ("degraded", reason, told)


async def test_a_phase_that_takes_too_long_is_named() -> None:
    async def slow(peer: Peer) -> None:
        await peer.hear()
        await anyio.sleep(0.05)
        await peer.say(said("ok"))

    async with serving(slow) as port:
        seen = await probed("http", url=f"http://127.0.0.1:{port}/", expect_within={"processing": "10ms"})
    assert (seen.outcome, seen.reason) == ("down", Reason.EXPECT_TIME)
    assert seen.detail.startswith("processing took ")
    assert seen.detail.endswith(" ms, more than 10ms")


async def test_bodies_are_sent_as_what_they_are() -> None:
    heard: list[bytes] = []

    async def act(peer: Peer) -> None:
        head = await peer.hear()
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        heard.append(head + await peer.exactly(length))
        await peer.say(said("ok"))

    async with serving(act) as port:
        for keys in (
            {"body_json": {"a": [1, "é"]}},
            {"body_form": {"a b": "1&2"}},
            {"body_json": [], "headers": {"Content-Type": "application/x"}},
        ):
            seen = await probed("http", url=f"http://127.0.0.1:{port}/", method="POST", **keys)
            assert seen.outcome == "up"
    assert heard[0].endswith('\r\n\r\n{"a": [1, "é"]}'.encode())
    assert b"Content-Type: application/json\r\n" in heard[0]
    assert heard[1].endswith(b"\r\n\r\na+b=1%262")
    assert b"Content-Type: application/x-www-form-urlencoded\r\n" in heard[1]
    assert heard[2].endswith(b"\r\n\r\n[]")
    assert b"Content-Type: application/x\r\n" in heard[2]


async def test_another_address_may_be_connected_to() -> None:
    heads: list[bytes] = []

    async def act(peer: Peer) -> None:
        heads.append(await peer.hear())
        await peer.say(said("ok"))

    async with serving(act) as port:
        seen = await probed("http", url=f"http://shop.invalid:{port}/", resolve_to="127.0.0.1")
    assert (seen.outcome, seen.facts["ip"]) == ("up", "127.0.0.1")
    assert f"\r\nHost: shop.invalid:{port}\r\n".encode() in heads[0]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"body": "a", "body_json": 1}, "body_json: one of body, body_json and body_form"),
        ({"body_json": 1, "body_form": {"a": "b"}}, "body_form: one of body, body_json and body_form"),
        ({"expect_version": ["3"]}, "expect_version.0: "),
        ({"expect_address_in": ["a.test"]}, 'expect_address_in.0: a network such as "192.0.2.0/24"'),
        ({"expect_address_in": ["192.0.2.1/24"]}, 'expect_address_in.0: a network such as "192.0.2.0/24"'),
        ({"expect_within": {"reading": "1s"}}, "expect_within."),
        ({"expect_within": {"tls": 5}}, "expect_within.tls: a duration"),
        ({"any": [{"expect_status": [200]}]}, "any.0.expect_status: "),
        ({"any": [{"expect_json": {"$[": 1}}]}, "any.0.expect_json: JSONPaths such as"),
        ({"any": [{"expect_body": "a"}], "method": "HEAD"}, "any: alternatives of headers alone"),
        ({"any": [{"expect_body": "a"}], "body_limit": 2_000_000}, "body_limit: at most 1048576 with any"),
        ({"resolve_to": "::1", "family": "4"}, "family: "),
    ],
)
async def test_mistakes_are_found(keys: dict[str, object], told: str) -> None:
    (found,) = mistakes("http", url="http://a.test", **keys)
    assert found.startswith(told)
