"""One POST: its bytes, what counts as an answer, which address is asked, and that it ends in time."""

import datetime as dt
from collections.abc import Sequence

import pytest
from anyio import create_task_group, create_tcp_listener
from anyio.abc import SocketAttribute, SocketStream

from prober.core.reason import Reason
from prober.wire.failure import Failed
from prober.wire.http1 import Response
from prober.wire.posted import MAX_ANSWER_BYTES, posted, reading, written
from prober.wire.url import parse
from tests.notifiers.receivers import HANGS, answering, status
from tests.wire.certificates import Certificates
from tests.wire.hostile import (
    Act,
    Peer,
    answers,
    floods,
    hangs_up,
    reply,
    resets,
    resets_at_once,
    serving,
    silent,
)

pytestmark = pytest.mark.anyio


class Names:
    """A look-up that always gives these addresses."""

    def __init__(self, *ips: str) -> None:
        self.ips = ips

    async def __call__(self, _host: str) -> Sequence[str]:
        return self.ips


def wire(url: str, body: bytes = b"{}") -> bytes:
    return written(parse(url), [("X-A", "one"), ("X-A", "two")], body)


def test_a_request_is_written_whole_and_nothing_gets_between_its_headers() -> None:
    assert written(parse("http://a.example:81/p?q=1"), [("X", "y")], b"{}") == (
        b"POST /p?q=1 HTTP/1.1\r\nHost: a.example:81\r\nX: y\r\nContent-Length: 2\r\n\r\n{}"
    )
    with pytest.raises(ValueError, match="header X holds a control character"):
        written(parse("http://a.example/"), [("X", "y\r\nEvil: z")], b"")


async def test_the_answer_is_heard_with_the_headers_that_are_wanted() -> None:
    async with answering(status("503 Busy", "Retry-After: 7", "Other: 1", body=b"later")) as receiver:
        found = await posted(parse(receiver.url), wire(receiver.url), reading("Retry-After"), Names("127.0.0.1"), 10)
        assert found is not None
        assert (found.status, found.content, found.fields) == (503, b"later", {b"retry-after": [b"7"]})
    assert receiver.requests[0][1] == b"{}"


async def test_a_large_body_arrives_whole() -> None:
    body = b"x" * 3_000_000
    async with answering(status("204 No Content")) as receiver:
        found = await posted(parse(receiver.url), wire(receiver.url, body), reading(), Names("127.0.0.1"), 20)
        assert found is not None
        assert receiver.requests[0][1] == body


async def test_an_address_that_refuses_is_followed_by_the_next() -> None:
    async with answering(status("204 No Content")) as receiver:
        names = Names("127.0.0.2", "127.0.0.1")
        found = await posted(parse(receiver.url), wire(receiver.url), reading(), names, 10)
        assert found is not None
        with pytest.raises(ConnectionRefusedError):
            await posted(parse(receiver.url), wire(receiver.url), reading(), Names("127.0.0.2", "127.0.0.3"), 10)
    with pytest.raises(OSError, match="no address"):
        await posted(parse(receiver.url), wire(receiver.url), reading(), Names(), 10)


async def test_there_is_one_deadline_and_a_head_that_came_before_it_counts() -> None:
    async with answering(HANGS) as silent:
        assert await posted(parse(silent.url), wire(silent.url), reading(), Names("127.0.0.1"), 0.2) is None
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nand", holds=True) as slow:
        found = await posted(parse(slow.url), wire(slow.url), reading(), Names("127.0.0.1"), 0.5)
        assert found is not None
        assert (found.status, found.content) == (200, b"and")


async def test_what_is_no_tls_is_told_as_that_and_nothing_is_sent() -> None:
    heard = bytearray()

    async def speak(stream: SocketStream) -> None:
        async with stream:
            heard.extend(await stream.receive())
            await stream.send(b"220 this is mail\r\n" * 20)

    async with await create_tcp_listener(local_host="127.0.0.1") as listener, create_task_group() as tasks:
        tasks.start_soon(listener.serve, speak)
        url = f"https://127.0.0.1:{listener.extra(SocketAttribute.local_port)}/"
        with pytest.raises(Failed) as failed:
            await posted(parse(url), wire(url, b"secret"), reading(), Names("127.0.0.1"), 20)
        tasks.cancel_scope.cancel()
    assert failed.value.reason.startswith("tls_")
    assert b"secret" not in heard


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"), dt.datetime.now(dt.UTC))


async def by_tls(port: int, certificates: Certificates, timeout_s: float = 20) -> Response | None:
    url = f"https://127.0.0.1:{port}/"
    wanted = reading("Retry-After")
    return await posted(parse(url), wire(url), wanted, Names("127.0.0.1"), timeout_s, str(certificates.ca))


async def test_by_tls_an_authority_of_ones_own_is_trusted_and_without_it_nobody_is(certificates: Certificates) -> None:
    async with serving(answers(reply(b"fine", b"Retry-After: 3")), certificates.context("good")) as port:
        found = await by_tls(port, certificates)
        assert found is not None
        assert (found.status, found.content, found.fields) == (200, b"fine", {b"retry-after": [b"3"]})
        url = f"https://127.0.0.1:{port}/"
        with pytest.raises(Failed) as failed:
            await posted(parse(url), wire(url), reading(), Names("127.0.0.1"), 20)
    assert failed.value.reason is Reason.TLS_UNTRUSTED


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("expired", Reason.TLS_EXPIRED),
        ("not yet valid", Reason.TLS_NOT_YET_VALID),
        ("wrong name", Reason.TLS_NAME),
        ("self-signed", Reason.TLS_UNTRUSTED),
        ("unknown authority", Reason.TLS_UNTRUSTED),
    ],
)
async def test_who_shows_no_good_certificate_is_sent_nothing(
    name: str, reason: Reason, certificates: Certificates
) -> None:
    heard = bytearray()

    async def listens(peer: Peer) -> None:
        heard.extend(await peer.reader.read(1000))

    async with serving(listens, certificates.context(name)) as port:
        with pytest.raises(Failed) as failed:
            await by_tls(port, certificates)
    assert failed.value.reason is reason
    assert not heard


HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BROKEN_OFF: dict[str, Act] = {
    "reset within the body": resets(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nsome"),
    "closed within the body": answers(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nsome"),
    "chunks that are none": answers(HEAD + b"zz\r\njunk\r\n"),
    "a chunk without end": floods(HEAD + b"fffffff\r\n", b"x" * 65_536),
    "a body without end": floods(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536),
}
NO_ANSWER: dict[str, Act] = {
    "headers without end": floods(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"a" * 1_000 + b"\r\n"),
    "one huge header": floods(b"HTTP/1.1 200 OK\r\nX-A: ", b"a" * 65_536),
    "no HTTP": answers(b"\x00\xff" * 500),
    "nothing": hangs_up,
    "a reset": resets_at_once,
}


@pytest.mark.parametrize("is_secret", [False, True])
@pytest.mark.parametrize("act", BROKEN_OFF.values(), ids=list(BROKEN_OFF))
async def test_an_answer_counts_from_its_head_on_however_it_goes_on(
    act: Act, is_secret: bool, certificates: Certificates
) -> None:
    async with serving(act, certificates.context("good") if is_secret else None) as port:
        found = await asked(port, is_secret, certificates)
    assert found is not None
    assert found.status == 200
    assert len(found.content) <= 2 * MAX_ANSWER_BYTES


@pytest.mark.parametrize("is_secret", [False, True])
@pytest.mark.parametrize("act", NO_ANSWER.values(), ids=list(NO_ANSWER))
async def test_what_is_no_answer_is_a_failure_in_words(act: Act, is_secret: bool, certificates: Certificates) -> None:
    async with serving(act, certificates.context("good") if is_secret else None) as port:
        with pytest.raises((Failed, OSError)) as failed:
            await asked(port, is_secret, certificates)
    assert str(failed.value)


async def test_a_handshake_that_stalls_ends_with_the_deadline(certificates: Certificates) -> None:
    async with serving(silent) as port:
        assert await by_tls(port, certificates, timeout_s=0.3) is None


async def asked(port: int, is_secret: bool, certificates: Certificates) -> Response | None:
    if is_secret:
        return await by_tls(port, certificates)
    url = f"http://127.0.0.1:{port}/"
    return await posted(parse(url), wire(url), reading(), Names("127.0.0.1"), 20)
