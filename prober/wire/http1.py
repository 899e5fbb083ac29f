"""One HTTP/1.1 request and its response, on a connection of their own.

The response is parsed as it comes (llhttp), and only what a verdict needs is kept. Everything is bounded: the header
section in bytes and count, interim responses, the body, and what frames it. Line ends without CR and spaces after a
chunk's size are taken, as every browser does; all else that is not HTTP/1.1 is malformed.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import NamedTuple, Protocol

import httptools

from prober.core.model import Phase
from prober.core.reason import Reason
from prober.wire.body import Body
from prober.wire.failure import Failed, failed_by
from prober.wire.phases import Stopwatch
from prober.wire.tls import hung_up

MAX_HEADER_BYTES = 64 * 1024
MAX_HEADERS = 200
MAX_INTERIM = 10
REDIRECTS = frozenset({301, 302, 303, 307, 308})

# What chunk sizes, chunk extensions and trailers may add to a body: a free part, and this many bytes for each of the
# body's own. Chunks of one byte, at five more each, get 13,000 for free; each costs work, and nobody honest is near it.
_FREE_FRAMING = 64 * 1024
_FRAMING_PER_BYTE = 1

_SWITCHING_PROTOCOLS = 101
WITHOUT_BODY = frozenset({_SWITCHING_PROTOCOLS, 204, 304})
_SMALL = 64 * 1024  # fits into any socket's buffer: written at once, so that sending it takes no time
_KEPT = frozenset({b"location", b"content-encoding", b"content-length", b"transfer-encoding"})
# What more of an answer is shown when it is another than before. Set-Cookie is not among them.
_TOLD = frozenset({
    b"server", b"content-type", b"retry-after", b"via", b"age", b"date", b"x-cache", b"x-request-id",
    b"www-authenticate",
})  # fmt: skip
KEPT_OR_TOLD = _KEPT | _TOLD
"""Names of headers that are kept, in lower case."""
START = 1024
"""Bytes of a body's beginning that are kept to be shown."""
START_WITHIN_S = 0.05
"""How long they are waited for after a head whose status says all that there is to judge."""
_CHUNKED = re.compile(rb"(?:.*,)?\s*chunked\s*", re.IGNORECASE)


class Reading(NamedTuple):
    """What is to be read of a response; decided once per check.

    body_for: the statuses whose body matters. skip_redirects: a redirect is going to be followed, whatever its body.
    text: what the body must contain, banned: what it must not, b"" = nothing in particular. limit: bytes of the body.
    keep: whether the body is wanted as a whole. fields: headers whose values are wanted, in lower case. hashed: whether
    the body's hash is wanted.
    """

    body_for: frozenset[int]
    skip_redirects: bool
    text: bytes
    limit: int
    banned: bytes = b""
    keep: bool = False
    fields: frozenset[bytes] = frozenset()
    hashed: bool = False


class Response(NamedTuple):
    """What a verdict needs of a response. content_length: -1 = not told; body_length: bytes read of it.

    content: the body, if it was to be kept. fields: the values of the headers that were wanted and that it had.
    digest: SHA-256 of the body, in hexadecimal, if that was wanted and all of it was read.
    """

    status: int
    version: str
    content_length: int
    body_length: int
    has_text: bool
    location: bytes | None
    has_banned: bool = False
    content: bytes = b""
    fields: Mapping[bytes, list[bytes]] = {}
    digest: str = ""


class Wire(Protocol):
    """What a request is written to."""

    def is_closing(self) -> bool: ...

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def write(self, data: bytes) -> None: ...


class Exchange(asyncio.Protocol):
    """Asks once and hears the answer out. What comes before the question is kept until it is asked."""

    __slots__ = (
        "_body", "_bug", "_done", "_early", "_failed", "_fields", "_grace", "_header_bytes", "_header_count",
        "_headers", "_interim", "_is_head", "_is_lost", "_is_sending", "_parser", "_reading", "_start",
        "_status", "_watch", "_wire_bytes",
    )  # fmt: skip

    def __init__(self, watch: Stopwatch, reading: Reading, is_head: bool) -> None:
        self._watch = watch
        self._reading = reading
        self._is_head = is_head
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._failed: Failed | None = None
        self._bug: Exception | None = None
        self._early = self._start = b""
        self._is_sending = self._is_lost = False
        self._parser: httptools.HttpResponseParser | None = None
        self._wire_bytes = self._header_bytes = self._header_count = self._interim = self._status = 0
        self._headers: dict[bytes, bytes] = {}
        self._fields: dict[bytes, list[bytes]] = {}
        self._body: Body | None = None
        self._grace: asyncio.TimerHandle | None = None  # runs while only what is shown is waited for

    # ------------------------------------------------------------ for the one who asks

    def expect_quiet(self) -> None:
        """Raises Failed if the peer has said something or hung up where TLS was going to begin."""
        if self._early:
            raise Failed(Reason.TLS_HANDSHAKE, "the peer speaks before the TLS handshake: this is no TLS port")
        if self._is_lost:
            raise hung_up()

    async def ask(self, transport: Wire, request: bytes) -> Response:
        """Sends the request and waits for the answer. Raises Failed."""
        parser = self._parser = httptools.HttpResponseParser(self)
        parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True)
        try:
            self._send(transport, request)
            await self._done
            if self._bug is not None:
                raise self._bug
            if self._failed is not None:
                raise self._failed
            return self._response(parser.get_http_version())
        finally:
            self._finish()
            self._parser = None  # the parser holds this object's methods: without this only the collector frees both

    @property
    def heard(self) -> Response | None:
        """What has come of the answer by now, without its version; None before its head is complete."""
        return self._response("") if self._status else None

    def shown(self) -> tuple[Mapping[bytes, bytes], bytes]:
        """Those headers that are of interest, by their names in lower case, and the first bytes of the body."""
        return self._headers, self._start

    def _send(self, transport: Wire, request: bytes) -> None:
        self._watch.enter(Phase.SEND)
        if not transport.is_closing():
            if len(request) > _SMALL:
                transport.set_write_buffer_limits(high=0)  # so that we are told when all of it has gone
            transport.write(request)
        if not self._is_sending:
            self._watch.enter(Phase.PROCESSING)
        if self._early:
            self.data_received(self._early)
        if self._is_lost:
            self._ended()

    def _response(self, version: str) -> Response:
        length = self._headers.get(b"content-length", b"")
        body = self._body
        return Response(
            self._status,
            version,
            int(length) if length.isdigit() else -1,
            body.length if body is not None else 0,
            body is not None and body.found,
            self._headers.get(b"location"),
            body is not None and body.found_banned,
            body.content if body is not None else b"",
            self._fields,
            body.digest if body is not None else "",
        )

    # ------------------------------------------------------------ for the connection

    def pause_writing(self) -> None:
        self._is_sending = True

    def resume_writing(self) -> None:
        self._is_sending = False
        if self._watch.running is Phase.SEND:
            self._watch.enter(Phase.PROCESSING)

    def data_received(self, data: bytes) -> None:
        if self._done.done():
            return
        if self._parser is None:
            self._early += data
            return
        if self._watch.running is not Phase.TRANSFER:
            self._watch.enter(Phase.TRANSFER)
        self._wire_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._finish()
        except httptools.HttpParserCallbackError as error:
            self._bug = error
            self._finish()
        except httptools.HttpParserError as error:
            self._fail(Failed(Reason.HTTP_MALFORMED, f"the answer is not HTTP/1.1: {error}"))
        else:
            self._bound()

    def eof_received(self) -> None:
        self._is_lost = True
        self._ended()

    def connection_lost(self, error: Exception | None) -> None:
        self._is_lost = True
        if isinstance(error, OSError):
            self._fail(failed_by(error, self._watch.running, "the connection broke"))
        elif error is not None:
            self._bug = error
            self._finish()
        else:
            self._ended()

    # ------------------------------------------------------------ for the parser

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_count += 1
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > MAX_HEADER_BYTES or self._header_count > MAX_HEADERS:
            self._fail(Failed(Reason.HTTP_TOO_LARGE, "the header section is too large"))
        elif not self._status:
            name = name.lower()
            if name in KEPT_OR_TOLD:
                known = self._headers.get(name)
                self._headers[name] = value if known is None or name == b"location" else known + b", " + value
            if name in self._reading.fields:
                self._fields.setdefault(name, []).append(value)

    def on_headers_complete(self) -> None:
        parser = self._parser
        if self._done.done() or parser is None:
            return
        status = parser.get_status_code()
        if 100 <= status < 200 and status != _SWITCHING_PROTOCOLS:
            self._headers.clear()
            self._fields.clear()
            self._interim += 1
            if self._interim > MAX_INTERIM:
                self._fail(Failed(Reason.HTTP_MALFORMED, f"more than {MAX_INTERIM} interim responses"))
        elif status < 100 or not parser.get_http_version().startswith("1."):
            self._fail(Failed(Reason.HTTP_MALFORMED, "the answer's first line is not that of HTTP/1.1"))
        else:
            self._status = status
            self._begin_body(status)

    def on_body(self, data: bytes) -> None:
        if len(self._start) < START:
            self._start += data[: START - len(self._start)]
        if self._body is None and len(self._start) >= START:
            self._finish()
        if self._done.done() or self._body is None:
            return
        try:
            is_enough = self._body.take(data)
        except Failed as failed:
            self._fail(failed)
        else:
            if is_enough:
                self._finish()

    def on_message_complete(self) -> None:
        if self._status:
            self._complete()

    # ------------------------------------------------------------ how it ends

    def _begin_body(self, status: int) -> None:
        headers, reading = self._headers, self._reading
        is_followed = reading.skip_redirects and status in REDIRECTS and b"location" in headers
        if self._is_head or is_followed or status in WITHOUT_BODY:
            self._finish()
            return
        if status not in reading.body_for:
            self._grace = self._done.get_loop().call_later(START_WITHIN_S, self._finish)
            return
        try:
            encoding = headers.get(b"content-encoding", b"")
            self._body = Body(
                reading.text, reading.limit, encoding,
                banned=reading.banned, keep=reading.keep, hashed=reading.hashed,
            )  # fmt: skip
        except Failed as failed:
            self._fail(failed)

    def _bound(self) -> None:
        if self._done.done():
            return
        body_bytes = self._body.wire_length if self._body is not None else 0
        framing = self._wire_bytes - self._header_bytes - body_bytes
        if not self._status and self._wire_bytes > MAX_HEADER_BYTES:
            self._fail(Failed(Reason.HTTP_TOO_LARGE, "the header section is too large"))
        elif framing > _FREE_FRAMING + _FRAMING_PER_BYTE * body_bytes:
            self._fail(Failed(Reason.HTTP_TOO_LARGE, "the body is lost in its framing"))

    def _ended(self) -> None:
        """The peer has closed: complete only where that is what ends a body. Before the question: see _send."""
        if self._parser is None:
            return
        if not self._status:
            said = "within its header section" if self._wire_bytes else "without an answer"
            self._fail(Failed(Reason.HTTP_TRUNCATED, f"the peer closed the connection {said}"))
        elif self._ends_with_connection():
            self._complete()
        else:
            self._fail(Failed(Reason.HTTP_TRUNCATED, "the body breaks off"))

    def _ends_with_connection(self) -> bool:
        coding = self._headers.get(b"transfer-encoding")
        if coding is not None:
            return _CHUNKED.fullmatch(coding) is None
        return b"content-length" not in self._headers

    def _complete(self) -> None:
        if self._done.done():
            return
        try:
            if self._body is not None:
                self._body.end()
        except Failed as failed:
            self._fail(failed)
        else:
            self._finish()

    def _fail(self, failed: Failed) -> None:
        if not self._done.done() and self._grace is None:  # else it is judged already
            self._failed = failed
        self._finish()

    def _finish(self) -> None:
        if not self._done.done():
            self._done.set_result(None)
        if self._grace is not None:
            self._grace.cancel()
