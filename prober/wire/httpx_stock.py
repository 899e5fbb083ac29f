"""One request and its response by httpx's own transport: for what our client does not speak, proxies and HTTP/2.

A transport of its own for each request, so that nothing is kept. Its body is read and bounded as in http1.py, its
phases are told by the events that it traces. What a proxy does to us is not the target's fault, but what it says of
the target is.
"""

import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio

from prober.core.model import Phase
from prober.core.reason import Reason
from prober.wire import tls
from prober.wire.address import Address
from prober.wire.body import Body
from prober.wire.failure import Failed, failed_by
from prober.wire.http1 import (
    KEPT_OR_TOLD,
    MAX_HEADER_BYTES,
    MAX_HEADERS,
    REDIRECTS,
    START,
    START_WITHIN_S,
    WITHOUT_BODY,
    Reading,
    Response,
)
from prober.wire.url import Url

if TYPE_CHECKING:
    import httpx

_PHASES: Mapping[str, Phase] = {
    "connect_tcp.started": Phase.CONNECT,
    "start_tls.started": Phase.TLS,
    "send_request_headers.started": Phase.SEND,
    "receive_response_headers.started": Phase.PROCESSING,
    "receive_response_headers.complete": Phase.TRANSFER,
}
# What a proxy says of a target that it cannot reach: words of SOCKS5's replies, and statuses of an answer to CONNECT.
_OF_TARGET: Mapping[str, Reason] = {
    "Connection refused": Reason.CONNECT_REFUSED,
    "Host unreachable": Reason.UNREACHABLE,
    "Network unreachable": Reason.UNREACHABLE,
    "TTL expired": Reason.UNREACHABLE,
    "502": Reason.UNREACHABLE,
    "503": Reason.UNREACHABLE,
    "504": Reason.UNREACHABLE,
}
_SHOWN = 120


class Asked(NamedTuple):
    """One request. address: where to connect to, None = a proxy does. policy: None without TLS.

    fields: all headers, with Host. proxy: its URL.
    """

    method: str
    url: Url
    fields: Mapping[str, str]
    body: bytes | None
    address: Address | None
    server_name: str
    policy: ssl.SSLContext | None
    proxy: str | None
    may_be_http2: bool


class Seen:
    """What has come of an answer: headers of interest, the first bytes of its body, and the peer's chain, DER."""

    def __init__(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.start = b""
        self.chain: list[bytes] = []

    def shown(self) -> tuple[Mapping[bytes, bytes], bytes]:
        """Its headers and the first bytes of its body."""
        return self.headers, self.start

    def take(self, piece: bytes) -> None:
        """The next piece of the body."""
        self.start += piece[: START - len(self.start)]


async def fetch(
    asked: Asked,
    reading: Reading,
    enter: Callable[[Phase], None],
    facts: tls.Facts,
    doubt: Callable[[Failed | None], None],
    seen: Seen,
) -> Response:
    """The response; what is known of TLS stands in the facts. Raises Failed.

    doubt: is told what a deadline would mean, while a proxy is silent. seen: learns what comes, also if it fails then.
    """
    from prober.wire.httpx_lean import httpx

    way = _Way(enter, asked, doubt)
    transport = httpx.AsyncHTTPTransport(
        verify=asked.policy or False, http2=asked.may_be_http2, proxy=asked.proxy, trust_env=False
    )
    try:
        async with transport:
            found = await transport.handle_async_request(_request(asked, way))
            stream = found.extensions.get("network_stream")
            if asked.policy is not None and stream is not None:
                facts.update(tls.facts(stream), ssl=1)
                seen.chain = tls.chain(stream.get_extra_info("ssl_object"))
            return await _read(found, asked, reading, seen)
    except httpx.ProxyError as error:
        raise _refused(str(error)) from None
    except httpx.RemoteProtocolError as error:
        raise _malformed(str(error)) from None
    except httpx.TransportError as error:
        raise way.failed(error) from None
    finally:
        await way.close()


class _Way:
    """How far a request has come."""

    def __init__(self, enter: Callable[[Phase], None], asked: Asked, doubt: Callable[[Failed | None], None]) -> None:
        self._enter = enter
        self._doubt = doubt
        self._stream: Any = None
        self._asked = asked
        self._phase = Phase.CONNECT
        # To the target itself: without a proxy, or through its tunnel.
        self._is_through = asked.proxy is None
        enter(Phase.CONNECT)
        if asked.proxy is not None:
            doubt(Failed(Reason.SELF_PROXY, "the proxy does not answer in time"))

    async def close(self) -> None:
        """The transport forgets a connection whose proxy has refused; it is closed here, whatever happened."""
        if self._stream is not None:
            with anyio.CancelScope(shield=True):
                await self._stream.aclose()

    async def trace(self, event: str, info: Any) -> None:
        """Told by the transport of all that it does."""
        phase = _PHASES.get(event.partition(".")[2])
        is_tunnel = event.endswith(("start_tls.started", "setup_socks5_connection.complete"))
        self._is_through = self._is_through or is_tunnel
        if is_tunnel or phase is Phase.SEND:
            self._doubt(None)  # from here on the proxy waits for the target
        if event.endswith("connect_tcp.complete"):
            self._stream = info["return_value"]
        if phase is not None:
            self._phase = phase
            self._enter(phase)

    def failed(self, error: Exception) -> Failed:
        """What the transport's error means."""
        cause = next(_causes(error), None)
        if not self._is_through:
            words = str(cause or error) or type(error).__name__
            return Failed(Reason.SELF_PROXY, f"speaking to the proxy: {words[:_SHOWN]}")
        if isinstance(cause, ssl.SSLError):
            return tls.failed_handshake(cause, self._asked.server_name)
        if cause is not None:
            return failed_by(cause, self._phase, f"{self._phase.value} of {self._asked.url.origin}")
        if self._phase is Phase.TLS:
            return tls.hung_up()
        return Failed(Reason.CONNECT_RESET, "the connection broke")


def _causes(error: BaseException) -> Iterator[OSError]:
    """The errors of the system or of OpenSSL behind an error."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, BaseExceptionGroup):
            seen = seen.exceptions[0]
        if isinstance(seen, OSError) and (seen.errno is not None or isinstance(seen, ssl.SSLError)):
            yield seen
        seen = seen.__cause__ or seen.__context__


def _request(asked: Asked, way: _Way) -> "httpx.Request":
    from prober.wire.httpx_lean import httpx

    url = asked.url
    host = url.host if asked.address is None else asked.address.ip
    place = f"[{host}]" if ":" in host else host
    return httpx.Request(
        asked.method,
        f"{url.scheme}://{place}:{url.port}{url.path}",
        headers=list(asked.fields.items()),
        content=asked.body,
        extensions={"trace": way.trace, "sni_hostname": asked.server_name},
    )


async def _read(found: "httpx.Response", asked: Asked, reading: Reading, seen: Seen) -> Response:
    """The response as a verdict needs it. Raises Failed."""
    headers = [(name.lower(), value) for name, value in found.headers.raw]
    if len(headers) > MAX_HEADERS or sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES:
        raise Failed(Reason.HTTP_TOO_LARGE, "the header section is too large")
    known = dict(headers)
    seen.headers = {name: value for name, value in known.items() if name in KEPT_OR_TOLD}
    body = Body(
        reading.text, reading.limit, known.get(b"content-encoding", b""),
        banned=reading.banned, keep=reading.keep, hashed=reading.hashed,
    )  # fmt: skip
    if _has_body(found.status_code, known, asked.method == "HEAD", reading):
        await _hear_out(found, body, seen)
    else:
        await _glance(found, seen)
    length = known.get(b"content-length", b"")
    return Response(
        found.status_code,
        found.extensions["http_version"].decode("ascii").removeprefix("HTTP/"),
        int(length) if length.isdigit() and len(length) < 20 else -1,
        body.length,
        body.found,
        known.get(b"location"),
        body.found_banned,
        body.content,
        _fields(headers, reading.fields),
        body.digest,
    )


async def _glance(found: "httpx.Response", seen: Seen) -> None:
    """What of a body is there already that is not asked for; it is shown, and nothing is made of it."""
    from prober.wire.httpx_lean import httpx

    stream: Any = found.stream
    with anyio.move_on_after(START_WITHIN_S), suppress(httpx.TransportError):
        async for piece in stream:
            seen.take(piece)
            return


async def _hear_out(found: "httpx.Response", body: Body, seen: Seen) -> None:
    stream: Any = found.stream
    try:
        async for piece in stream:
            seen.take(piece)
            if body.take(piece):
                return
    finally:
        await stream.aclose()
    body.end()


def _has_body(status: int, known: Mapping[bytes, bytes], is_head: bool, reading: Reading) -> bool:
    is_followed = reading.skip_redirects and status in REDIRECTS and b"location" in known
    return not (is_head or is_followed or status in WITHOUT_BODY or status not in reading.body_for)


def _fields(headers: Iterable[tuple[bytes, bytes]], wanted: frozenset[bytes]) -> Mapping[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        if name in wanted:
            found.setdefault(name, []).append(value)
    return found


def _refused(words: str) -> Failed:
    for said, reason in _OF_TARGET.items():
        if said in words:
            return Failed(reason, f"the proxy cannot reach it: {words[:_SHOWN]}")
    return Failed(Reason.SELF_PROXY, f"the proxy refuses: {words[:_SHOWN]}")


def _malformed(words: str) -> Failed:
    is_cut = "disconnected" in words or "closed connection" in words
    reason = Reason.HTTP_TRUNCATED if is_cut else Reason.HTTP_MALFORMED
    return Failed(reason, f"the answer is not as HTTP has it: {words[:_SHOWN]}")
