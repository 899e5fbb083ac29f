"""A server on loopback that behaves in every bad way we know of, and in some good ones that look bad.

BEHAVIOURS is the table: what it does, and what a probe must make of it.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

from prober.core.model import Phase
from prober.core.reason import Reason as R

Act = Callable[["Peer"], Awaitable[None]]


class Peer:
    """One connection, as the server sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def hear(self) -> bytes:
        """The request's head."""
        return await self.reader.readuntil(b"\r\n\r\n")

    async def line(self) -> bytes:
        """The next line, with its end."""
        return await self.reader.readuntil(b"\n")

    async def exactly(self, count: int) -> bytes:
        return await self.reader.readexactly(count)

    async def secure(self, context: ssl.SSLContext) -> None:
        """TLS begins, as the server that it is."""
        await self.writer.start_tls(context)

    async def say(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()

    async def stall(self) -> None:
        await asyncio.get_running_loop().create_future()

    def end(self) -> None:
        """Nothing more will be said; the connection stays."""
        self.writer.write_eof()

    def reset(self) -> None:
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


def forgive() -> None:
    """In debug mode asyncio reports a peer that leaves within the handshake, which here is what peers do.

    It may do so after the test: the loop is the test's own and ends with it.
    """
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), OSError):
            before(loop, context) if before else loop.default_exception_handler(context)

    loop.set_exception_handler(handle)


@asynccontextmanager
async def serving(act: Act, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port where `act` is done to every connection; all of them are closed at the end."""
    running: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await act(Peer(reader, writer))
                writer.close()
        finally:
            writer.transport.abort() if task.cancelling() else writer.close()
            running.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    forgive()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await server.wait_closed()


# ---------------------------------------------------------------- ways to behave


def answers(*pieces: bytes) -> Act:
    """Hears the request, says the pieces, closes."""

    async def act(peer: Peer) -> None:
        await peer.hear()
        await peer.say(*pieces)

    return act


def stalls(*pieces: bytes) -> Act:
    """Hears the request, says the pieces, and then nothing more."""

    async def act(peer: Peer) -> None:
        await peer.hear()
        await peer.say(*pieces)
        await peer.stall()

    return act


def drips(head: bytes, drop: bytes) -> Act:
    """Says a little, over and over, so that a timeout per read would never strike."""

    async def act(peer: Peer) -> None:
        await peer.hear()
        await peer.say(head)
        while True:
            await peer.say(drop)
            await asyncio.sleep(0.02)

    return act


def floods(head: bytes, piece: bytes) -> Act:
    """Says the same, without end and as fast as it is read."""

    async def act(peer: Peer) -> None:
        await peer.hear()
        await peer.say(head)
        while True:
            await peer.say(piece)
            await asyncio.sleep(0)  # who reads has a turn as well

    return act


def resets(*pieces: bytes) -> Act:
    """Hears the request, says the pieces, and resets the connection."""

    async def act(peer: Peer) -> None:
        await peer.hear()
        await peer.say(*pieces)
        peer.reset()

    return act


def redirects(location: bytes, status: bytes = b"302 Found") -> Act:
    return answers(b"HTTP/1.1 %s\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, location))


async def silent(peer: Peer) -> None:
    await peer.stall()


async def hangs_up(peer: Peer) -> None:
    pass


async def ends_at_once(peer: Peer) -> None:
    peer.end()
    await peer.stall()


async def resets_at_once(peer: Peer) -> None:
    peer.reset()


async def speaks_first(peer: Peer) -> None:
    await peer.say(b"SSH-2.0-OpenSSH_9.2\r\n")
    await peer.stall()


async def answers_unasked(peer: Peer) -> None:
    await peer.say(OK)
    await peer.hear()


async def answers_tls_with_http(peer: Peer) -> None:
    await peer.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await peer.stall()


async def redirects_once(peer: Peer) -> None:
    head = await peer.hear()
    await peer.say(OK if head.startswith(b"GET /there?a=1 ") else reply(b"", b"Location: there?a=1", status=b"302 F"))


async def grows(peer: Peer) -> None:
    """Redirects to an address that is longer each time."""
    path = (await peer.hear()).split()[1]
    await peer.say(b"HTTP/1.1 302 Found\r\nLocation: %sx\r\nContent-Length: 0\r\n\r\n" % path)


def reply(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """A well-formed response with that body."""
    fields = [*headers, b"Content-Length: %d" % len(body)]
    return b"HTTP/1.1 %s\r\n%s\r\n\r\n%s" % (status, b"\r\n".join(fields), body)


def chunked(body: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", *headers, b"", body])


def pieces(data: bytes) -> list[bytes]:
    """Its bytes one by one."""
    return [data[at : at + 1] for at in range(len(data))]


OK = reply(b"ok")
HEAD = b"HTTP/1.1 200 OK\r\n"
LONG = HEAD + b"Content-Length: 1000000000\r\n\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"
WELL = {"expect_body": "all is well"}


class Behaviour(NamedTuple):
    """One row: what is done, and what must come of it.

    last: the phase it ends in. secure: the certificate's name if the server speaks TLS. scheme: the prober's.
    ca: whether the prober trusts our authority. At a timeout the deadline is short, else there is time enough.
    """

    name: str
    act: Act
    outcome: str
    reason: R | None = None
    options: Mapping[str, Any] = {}
    last: Phase | None = None
    secure: str | None = None
    scheme: str = "http"
    owner: str = "target"


def up(name: str, act: Act, **more: Any) -> Behaviour:
    return Behaviour(name, act, "up", **more)


def down(name: str, act: Act, reason: R, **more: Any) -> Behaviour:
    return Behaviour(name, act, "down", reason, **more)


def tls(name: str, reason: R | None = None, outcome: str = "down", act: Act | None = None, **more: Any) -> Behaviour:
    return Behaviour(name, act or answers(OK), outcome, reason, scheme="https", **more)


GOOD = [
    up("plain answer", answers(OK)),
    up("byte by byte", answers(*pieces(OK))),
    up("no reason phrase", answers(b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n")),
    up("reason phrase not ASCII", answers(b"HTTP/1.1 200 \xff\xfe\r\nContent-Length: 0\r\n\r\n")),
    up("reason phrase with NUL", answers(b"HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n")),
    up("lines end without CR", answers(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok")),
    up("HTTP/1.0, ended by closing", answers(b"HTTP/1.0 200 OK\r\n\r\nall is well"), options=WELL),
    up("header value not ASCII", answers(reply(b"", b"Set-Cookie: caf\xe9=\xff"))),
    up("chunk extensions", answers(chunked(b"2;a=b\r\nok\r\n0\r\n\r\n"))),
    up("spaces after a chunk size", answers(chunked(b"2  \r\nok\r\n0\r\n\r\n"))),
    up("trailers", answers(chunked(b"2\r\nok\r\n0\r\nLocation: x\r\n\r\n"))),
    up("interim responses", answers(INTERIM, b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", OK)),
    up("bytes after the body", answers(OK, b"garbage")),
    up("another answer after the body", answers(OK + reply(b"", status=b"500 No"))),
    up("endless answers", floods(b"", OK)),
    up("garbage without end after the body", floods(OK, b"\xff" * 65536)),
    up("header value of UTF-8", answers(reply(b"", "X-Name: Zoë ☃".encode()))),
    up(
        "body not of its charset",
        answers(reply(b"\xff\xfe all is well", b"Content-Type: text/html; charset=utf-8")),
        options=WELL,
    ),
    up("nothing but zeros around the text", answers(reply(bytes(9_000) + b"all is well" + bytes(9_000))), options=WELL),
    up("same length twice over", answers(HEAD + b"Content-Length: 0\r\n\r\n")),
    up("chunk size with zeros before", answers(chunked(b"0000000002\r\nok\r\n0\r\n\r\n"))),
    up("chunk size of capitals", answers(chunked(b"A\r\n0123456789\r\n0\r\n\r\n"))),
    up("not modified, no body", answers(b"HTTP/1.1 304 No\r\n\r\n"), options={"expect_status": [304]}),
    up("stalls after the body", stalls(OK)),
    up("resets after the body", resets(OK)),
    up("blank lines before the answer", answers(b"\r\n\r\n" + OK)),
    up("no content, yet a length", answers(b"HTTP/1.1 204 No\r\nContent-Length: 9\r\n\r\n")),
    up("answer before the question", answers_unasked),
    up("HEAD with a length", answers(LONG), options={"method": "HEAD"}),
    up("endless body, nothing expected", floods(LONG, b"x" * 65536)),
    up("text over two chunks", answers(chunked(b"5\r\nall i\r\n"), b"6\r\ns well\r\n0\r\n\r\n"), options=WELL),
    up("text, then an endless body", floods(HEAD + b"\r\nall is well", b"x" * 65536), options=WELL),
    up("relative redirect", redirects_once),
    up("redirect not followed", redirects(b"/"), options={"follow_redirects": False, "expect_status": [302]}),
    up("large body sent", answers(OK), options={"method": "POST", "body": "x" * 3_000_000}),
]

MALFORMED = [
    down(name, answers(said), R.HTTP_MALFORMED)
    for name, said in {
        "no version in the first line": b"HTTP 200 OK\r\n\r\n",
        "HTTP/1.1 twice": b"HTTP/1.1 HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/3 status line": b"HTTP/3 200 OK\r\n\r\n",
        "version of three digits": b"HTTP/1.11 200 OK\r\n\r\n",
        "negative status": b"HTTP/1.1 -20 OK\r\n\r\n",
        "status with a sign": b"HTTP/1.1 +200 OK\r\n\r\n",
        "status not ASCII": b"HTTP/1.1 \xd9\xa2\xd9\xa0\xd9\xa0 OK\r\n\r\n",
        "tab after the version": b"HTTP/1.1\t200 OK\r\n\r\n",
        "only zeros": bytes(4_096),
        "UTF-16": "HTTP/1.1 200 OK\r\n\r\n".encode("utf-16"),
        "byte order mark": b"\xef\xbb\xbfHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/2 frames": b"\0\0\0\x04\0\0\0\0\0" * 3,
        "a request": b"GET / HTTP/1.1\r\nHost: prober\r\n\r\n",
        "empty header name": HEAD + b": a\r\n\r\n",
        "CR alone ends a header": HEAD + b"X: a\rY: b\r\n\r\n",
        "space before the colon": HEAD + b"Content-Length : 2\r\n\r\nok",
        "space before the first header": HEAD + b" X: a\r\n\r\n",
        "length of hexadecimal": HEAD + b"Content-Length: 0x2\r\n\r\nok",
        "length with a sign": HEAD + b"Content-Length: +2\r\n\r\nok",
        "length not ASCII": HEAD + b"Content-Length: \xd9\xa2\r\n\r\nok",
        "empty length": HEAD + b"Content-Length:\r\n\r\nok",
        "two lengths in one header": HEAD + b"Content-Length: 2, 2\r\n\r\nok",
        "chunk size not ASCII": chunked(b"\xd9\xa2\r\nok\r\n0\r\n\r\n"),
        "empty chunk size": chunked(b"\r\nok\r\n0\r\n\r\n"),
        "chunk size with 0x": chunked(b"0x2\r\nok\r\n0\r\n\r\n"),
        "chunk without its CRLF": chunked(b"2\r\nok2\r\nok\r\n0\r\n\r\n"),
        "NUL in a chunk extension": chunked(b"2;a\0b\r\nok\r\n0\r\n\r\n"),
        "trailer without colon": chunked(b"2\r\nok\r\n0\r\nNoColon\r\n\r\n"),
        "not HTTP at all": b"220 mail.test ESMTP\r\n",
        "TLS alert": b"\x15\x03\x01\x00\x02\x02\x46",
        "HTTP/0.9": b"<html>hello</html>",
        "HTTP/2 status line": b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "lower-case protocol": b"http/1.1 200 OK\r\n\r\n",
        "status of two digits": b"HTTP/1.1 20 OK\r\n\r\n",
        "status of four digits": b"HTTP/1.1 2000 OK\r\n\r\n",
        "status of letters": b"HTTP/1.1 abc OK\r\n\r\n",
        "status 000": b"HTTP/1.1 000 No\r\nContent-Length: 0\r\n\r\n",
        "header without colon": HEAD + b"NoColon\r\n\r\n",
        "space in a header name": HEAD + b"A B: c\r\n\r\n",
        "header name not ASCII": HEAD + b"X-\xc3\xa9: c\r\n\r\n",
        "NUL in a header": HEAD + b"X: a\0b\r\n\r\n",
        "folded header": HEAD + b"X: a\r\n b\r\n\r\n",
        "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        "negative length": HEAD + b"Content-Length: -2\r\n\r\nok",
        "length too long": HEAD + b"Content-Length: 99999999999999999999999\r\n\r\nok",
        "length and chunks": HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "chunk size of letters": chunked(b"zz\r\nok\r\n0\r\n\r\n"),
        "negative chunk size": chunked(b"-2\r\nok\r\n0\r\n\r\n"),
        "chunk size too long": chunked(b"fffffffffffffffff\r\nok"),
        "chunk longer than it says": chunked(b"2\r\nokok\r\n0\r\n\r\n"),
        "eleven interim responses": INTERIM * 11 + OK,
    }.items()
]

CUT = [
    down("closed without an answer", answers(), R.HTTP_TRUNCATED, last=Phase.PROCESSING),
    down("ended at once", ends_at_once, R.HTTP_TRUNCATED),
    down("closed within the first line", answers(b"HTTP/1."), R.HTTP_TRUNCATED),
    down("closed within the headers", answers(HEAD + b"X: y\r\n"), R.HTTP_TRUNCATED),
    down("closed within the body", answers(LONG, b"ok"), R.HTTP_TRUNCATED, last=Phase.TRANSFER),
    down("closed between chunks", answers(chunked(b"2\r\nok\r\n")), R.HTTP_TRUNCATED),
    down("closed before the last CRLF", answers(chunked(b"2\r\nok\r\n0\r\n")), R.HTTP_TRUNCATED),
    down("closed after an interim response", answers(INTERIM), R.HTTP_TRUNCATED),
    down("reset without an answer", resets(), R.CONNECT_RESET, last=Phase.PROCESSING),
    down("reset at once", resets_at_once, R.CONNECT_RESET),
    down("reset within the headers", resets(HEAD + b"X: y\r\n"), R.CONNECT_RESET),
    down("reset within the body", resets(LONG, b"ok"), R.CONNECT_RESET),
    down("reset within the first line", resets(b"HTTP/1."), R.CONNECT_RESET),
    down("reset within a chunk", resets(chunked(b"9\r\nok")), R.CONNECT_RESET),
    down("reset after an interim response", resets(INTERIM), R.CONNECT_RESET),
    down("closed within a chunk size", answers(chunked(b"2")), R.HTTP_TRUNCATED),
    down("closed within a chunk", answers(chunked(b"9\r\nok")), R.HTTP_TRUNCATED),
    down("closed within a trailer", answers(chunked(b"0\r\nX: y")), R.HTTP_TRUNCATED),
    down("closed one byte too early", answers(OK[:-1]), R.HTTP_TRUNCATED),
    down("stalls within the first line", stalls(b"HTTP/1."), R.HTTP_TIMEOUT, last=Phase.TRANSFER),
    down("stalls after an interim response", stalls(INTERIM), R.HTTP_TIMEOUT, last=Phase.TRANSFER),
    down("stalls one byte too early", stalls(OK[:-1]), R.HTTP_TIMEOUT, last=Phase.TRANSFER),
    down("stalls before the last CRLF", stalls(chunked(b"0\r\n")), R.HTTP_TIMEOUT, last=Phase.TRANSFER),
    down("drips the first line", drips(b"HTTP/1.1 200 ", b"a"), R.HTTP_TIMEOUT, last=Phase.TRANSFER),
    down("drips blank lines", drips(b"", b"\r\n"), R.HTTP_TIMEOUT, last=Phase.TRANSFER),
    down("drips chunks", drips(chunked(b""), b"1\r\nx\r\n"), R.HTTP_TIMEOUT, last=Phase.TRANSFER),
    down("drips a trailer", drips(chunked(b"0\r\nX: "), b"y"), R.HTTP_TIMEOUT, last=Phase.TRANSFER),
    down("drips an interim response", drips(b"HTTP/1.1 103 E\r\n", b"X: 1\r\n"), R.HTTP_TIMEOUT, last=Phase.TRANSFER),
    down("silent", silent, R.HTTP_TIMEOUT, last=Phase.PROCESSING),
    down("stalls within the headers", stalls(HEAD), R.HTTP_TIMEOUT, last=Phase.TRANSFER),
    down("stalls within the body", stalls(LONG, b"ok"), R.HTTP_TIMEOUT, last=Phase.TRANSFER),
    down("stalls within a chunk size", stalls(chunked(b"2")), R.HTTP_TIMEOUT, last=Phase.TRANSFER),
    down("drips headers", drips(HEAD, b"X: y\r\n"), R.HTTP_TIMEOUT, last=Phase.TRANSFER),
    down("drips a body", drips(LONG, b"x"), R.HTTP_TIMEOUT, last=Phase.TRANSFER),
    down("drips a chunk extension", drips(chunked(b"2;"), b"x"), R.HTTP_TIMEOUT, last=Phase.TRANSFER),
    down("does not read", silent, R.HTTP_TIMEOUT, last=Phase.SEND, options={"method": "POST", "body": "x" * 9_000_000}),
]

TOO_MUCH = [
    down("201 headers", answers(HEAD + b"X: y\r\n" * 201 + b"\r\n"), R.HTTP_TOO_LARGE),
    down("headers of 70 kB", answers(HEAD + b"X: %s\r\n" % (b"y" * 700) * 100 + b"\r\n"), R.HTTP_TOO_LARGE),
    down("blank lines and nothing else", answers(b"\r\n" * 40_000), R.HTTP_TOO_LARGE),
    down("endless blank lines", floods(b"", b"\r\n" * 999), R.HTTP_TOO_LARGE),
    down("endless header", floods(HEAD + b"X: ", b"y" * 65536), R.HTTP_TOO_LARGE),
    down("endless headers", floods(HEAD, b"X: y\r\n" * 9), R.HTTP_TOO_LARGE),
    down("endless reason phrase", floods(b"HTTP/1.1 200 ", b"y" * 65536), R.HTTP_TOO_LARGE),
    down("endless interim responses", floods(b"", INTERIM), R.HTTP_MALFORMED),
    down("endless chunk extension", floods(chunked(b"2;"), b"x" * 65536), R.HTTP_TOO_LARGE),
    down("endless trailer", floods(chunked(b"0\r\nX: "), b"x" * 65536), R.HTTP_TOO_LARGE),
    down("endless trailers", floods(chunked(b"0\r\n"), b"X: y\r\n" * 99), R.HTTP_TOO_LARGE),
    down("endless body, text expected", floods(LONG, b"x" * 65536), R.HTTP_TOO_LARGE, options=WELL),
    down("endless chunks of one byte", floods(chunked(b""), b"1\r\nx\r\n" * 999), R.HTTP_TOO_LARGE, options=WELL),
    down("redirects without end", redirects(b"/again"), R.HTTP_TOO_MANY_REDIRECTS),
    down("one redirect too many", redirects(b"/"), R.HTTP_TOO_MANY_REDIRECTS, options={"max_redirects": 0}),
]

JUDGED = [
    down("error status", answers(reply(b"", status=b"503 Busy")), R.HTTP_STATUS),
    down("error status, endless body", floods(LONG.replace(b"200", b"500"), b"x" * 65536), R.HTTP_STATUS),
    down("status nobody knows", answers(reply(b"", status=b"999 What")), R.HTTP_STATUS),
    down("switching protocols", answers(b"HTTP/1.1 101 Now\r\nUpgrade: x\r\n\r\nxxxx"), R.HTTP_STATUS),
    down("text is missing", answers(reply(b"all is bad")), R.EXPECT_BODY, options=WELL),
    down("text expected, no content", answers(b"HTTP/1.1 204 No\r\n\r\n"), R.EXPECT_BODY, options=WELL),
    down("redirect without a target", answers(reply(b"", status=b"302 Found")), R.HTTP_STATUS),
    down("redirect to another scheme", redirects(b"ftp://127.0.0.1/"), R.REDIRECT_REFUSED),
    down("redirect to a file", redirects(b"file:///etc/passwd"), R.REDIRECT_REFUSED),
    down("redirect to a bad port", redirects(b"http://127.0.0.1:99999/"), R.REDIRECT_REFUSED),
    down("redirect to no host", redirects(b"http:///x"), R.REDIRECT_REFUSED),
    down("redirect to a broken address", redirects(b"http://[::1/"), R.REDIRECT_REFUSED),
    down("redirect to a name not ASCII", redirects(b"http://\xff\xfe/"), R.REDIRECT_REFUSED),
    down("redirect to UTF-8 without a host", redirects("http://ü\u0000/".encode()), R.HTTP_MALFORMED),
    down("redirect to script", redirects(b"javascript:alert(1)"), R.REDIRECT_REFUSED),
    down("redirect to data", redirects(b"data:text/plain,ok"), R.REDIRECT_REFUSED),
    down("redirect to a very long address", redirects(b"http://" + b"a" * 60_000 + b"/"), R.REDIRECT_REFUSED),
    down("redirect to itself, permanently", redirects(b"/", b"308 Here"), R.HTTP_TOO_MANY_REDIRECTS),
    down("redirects that grow", grows, R.HTTP_TOO_MANY_REDIRECTS),
    down("redirect to a closed port", redirects(b"http://127.0.0.1:1/"), R.CONNECT_REFUSED, last=Phase.CONNECT),
    down("TLS on the plain port", answers(b"\x15\x03\x03\x00\x02\x02\x46"), R.HTTP_MALFORMED),
]

BEHAVIOURS = [*GOOD, *MALFORMED, *CUT, *TOO_MUCH, *JUDGED]
