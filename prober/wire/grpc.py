"""One call of grpc.health.v1.Health/Check by HTTP/2, upon a Dialogue that carries the bytes.

The two messages have a field each, and are written and read by hand:
HealthCheckRequest {string service = 1}, HealthCheckResponse {ServingStatus status = 1}.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

from anyio.lowlevel import checkpoint
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import H2Error

from prober.core.reason import Reason
from prober.wire.dialogue import Dialogue
from prober.wire.failure import Failed
from prober.wire.request import USER_AGENT

PATH = "/grpc.health.v1.Health/Check"
CODES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip
"""The names of the status codes, by number."""
STATUSES = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")

_MOST_EVENTS = 1_000
_MOST_MESSAGE = 1_024  # bytes; an honest answer has two
_PIECE = 2_048  # bytes that are looked at in one go
_SHOWN = 200
_OLD = b"HTTP/1."
_PREFIX = 5  # a flag and the length of a message


class Answer(NamedTuple):
    """What came of a call. code: gRPC's status; message: what the server says of it; status: one of STATUSES, or ""."""

    code: int
    message: str
    status: str


class Call:
    """The call under way: its headers, its message, its trailers, as they come."""

    def __init__(self, talk: Dialogue) -> None:
        self._talk = talk
        self._protocol = H2Connection(H2Configuration(client_side=True, header_encoding=None))
        self._headers: dict[bytes, bytes] = {}
        self._message = bytearray()
        self._events = 0
        self._is_over = False

    def ask(self, authority: str, scheme: str, service: str, metadata: Mapping[str, str]) -> None:
        """Sends the whole request."""
        headers = [
            (":method", "POST"),
            (":scheme", scheme),
            (":path", PATH),
            (":authority", authority),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
            ("user-agent", USER_AGENT),
            *((name.lower(), value) for name, value in metadata.items()),
        ]
        self._protocol.initiate_connection()
        self._protocol.send_headers(1, headers)
        self._protocol.send_data(1, _framed(_request(service)), end_stream=True)
        self._flush()

    async def begun(self) -> None:
        """The first bytes of the answer are there. Raises Failed."""
        while not self._events:
            await self._take()

    async def answered(self) -> Answer:
        """The whole answer. Raises Failed."""
        while not self._is_over:
            await self._take()
        return self._answer()

    async def _take(self) -> None:
        heard = await self._talk.some(_PIECE)
        if not self._events and heard.startswith(_OLD):
            raise Failed(Reason.GRPC_MALFORMED, "what it says is no HTTP/2 but HTTP/1")
        try:
            for event in self._protocol.receive_data(heard):
                self._events += 1
                self._on(event)
        except H2Error as error:
            raise Failed(Reason.GRPC_MALFORMED, f"what it says is no HTTP/2: {_words(error)}") from None
        self._flush()
        if self._events > _MOST_EVENTS:
            raise Failed(Reason.GRPC_MALFORMED, f"more than {_MOST_EVENTS} frames")
        await checkpoint()

    def _on(self, event: Event) -> None:
        if isinstance(event, ResponseReceived | TrailersReceived):
            self._headers |= dict(_pairs(event.headers or ()))
        elif isinstance(event, DataReceived):
            self._message += event.data
            if len(self._message) > _MOST_MESSAGE:
                raise Failed(Reason.GRPC_MALFORMED, f"an answer of more than {_MOST_MESSAGE} bytes")
        elif isinstance(event, StreamReset):
            raise Failed(Reason.GRPC_MALFORMED, f"the peer has reset the call: {_error_code(event.error_code)}")
        elif isinstance(event, ConnectionTerminated) and event.error_code != ErrorCodes.NO_ERROR:
            raise Failed(Reason.GRPC_MALFORMED, f"the peer has ended the connection: {_error_code(event.error_code)}")
        self._is_over = self._is_over or isinstance(event, StreamEnded)

    def _answer(self) -> Answer:
        status = self._headers.get(b":status", b"")
        if status != b"200":
            raise Failed(Reason.HTTP_STATUS, f"expected status 200, found {_shown(status)}")
        kind = self._headers.get(b"content-type", b"")
        code = self._headers.get(b"grpc-status", b"")
        if not kind.startswith(b"application/grpc"):
            raise Failed(Reason.GRPC_MALFORMED, f'expected content of type application/grpc, found "{_shown(kind)}"')
        if not code.isdigit() or len(code) > 3:
            raise Failed(Reason.GRPC_MALFORMED, f'expected a grpc-status, found "{_shown(code)}"')
        message = unquote(_shown(self._headers.get(b"grpc-message", b"")))
        return Answer(int(code), message, "" if int(code) else _serving(bytes(self._message)))

    def _flush(self) -> None:
        self._talk.say(self._protocol.data_to_send())


def _pairs(headers: Sequence[Any]) -> list[tuple[bytes, bytes]]:
    return [(bytes(name), bytes(value)) for name, value in headers]


def _request(service: str) -> bytes:
    name = service.encode()
    return b"\x0a" + _varint(len(name)) + name if name else b""


def _framed(message: bytes) -> bytes:
    return b"\0" + len(message).to_bytes(4, "big") + message


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*written, number))


def _serving(framed: bytes) -> str:
    """The status in the one message of an answer. Raises Failed."""
    flag, length, message = framed[:1], int.from_bytes(framed[1:_PREFIX], "big"), framed[_PREFIX:]
    if flag != b"\0" or length != len(message):
        raise Failed(Reason.GRPC_MALFORMED, "expected one uncompressed message, found something else")
    number = 0
    try:
        while message:
            key, message = _read(message)
            if key & 7 == 0:
                value, message = _read(message)
                number = value if key >> 3 == 1 else number
            else:
                message = _passed_over(key & 7, message)
    except (IndexError, ValueError):
        raise Failed(Reason.GRPC_MALFORMED, "expected a HealthCheckResponse, found something else") from None
    return STATUSES[number] if number < len(STATUSES) else STATUSES[0]


def _read(message: bytes) -> tuple[int, bytes]:
    """A number at the beginning, and what follows it. IndexError if it does not end."""
    number = length = 0
    while message[length] & 0x80:
        number |= (message[length] & 0x7F) << 7 * length
        length += 1
    return number | message[length] << 7 * length, message[length + 1 :]


def _passed_over(wire_type: int, message: bytes) -> bytes:
    """What follows a field of a kind that we do not know. IndexError, ValueError if it is none."""
    if wire_type == 2:
        length, message = _read(message)
    elif wire_type in (1, 5):
        length = 8 if wire_type == 1 else 4
    else:
        raise ValueError(wire_type)
    if length > len(message):
        raise IndexError(length)
    return message[length:]


def _error_code(code: ErrorCodes | int | None) -> str:
    return code.name if isinstance(code, ErrorCodes) else f"error {code}"


def _words(error: H2Error) -> str:
    return str(error)[:_SHOWN] or type(error).__name__


def _shown(value: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "?" for byte in value[:_SHOWN])
