"""WebSocket (RFC 6455) as a client: the upgrade, and messages; upon a Dialogue that carries the bytes."""

from collections.abc import AsyncIterator, Mapping, Sequence

from anyio.lowlevel import checkpoint
from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.utilities import ProtocolError

from prober.core.reason import Reason
from prober.wire.dialogue import Dialogue
from prober.wire.failure import Failed

MOST_MESSAGES = 1000
MOST_EVENTS = 10_000

# Bytes that are looked at in one go: a thousand tiny frames, a few milliseconds.
_PIECE = 2048
_NORMAL = 1000


class Socket:
    """One conversation in messages. It asks for no extension."""

    def __init__(self, talk: Dialogue) -> None:
        self._talk = talk
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._events = 0
        self.status = 0
        """Of the answer to the upgrade; 0 before there is one."""

    def ask(self, host: str, path: str, headers: Mapping[str, str], subprotocols: Sequence[str]) -> None:
        """Sends the upgrade."""
        more = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._say(Request(host=host, target=path, extra_headers=more, subprotocols=list(subprotocols)))

    async def accepted(self) -> str | None:
        """The subprotocol that the peer has taken of those, once it has consented. Raises Failed."""
        event = await self._event()
        if isinstance(event, AcceptConnection):
            self.status = 101
            return event.subprotocol
        if isinstance(event, RejectConnection):
            self.status = event.status_code
            raise Failed(Reason.HTTP_STATUS, f"expected status 101, found {event.status_code}")
        raise Failed(Reason.WEBSOCKET_MALFORMED, "the upgrade is answered by something else")

    def say(self, text: str) -> None:
        """Sends one message."""
        self._say(TextMessage(data=text))

    def close(self) -> None:
        """Says goodbye, and does not wait for the answer."""
        self._say(CloseConnection(code=_NORMAL))

    async def messages(self) -> AsyncIterator[str | bytes]:
        """What the peer says, message by message. Raises Failed when it ends."""
        for _ in range(MOST_MESSAGES):
            yield await self._message()
        raise Failed(Reason.EXPECT_MESSAGE, f"none of {MOST_MESSAGES} messages is as expected")

    async def _message(self) -> str | bytes:
        text, data = "", b""
        while True:
            event = await self._event()
            if isinstance(event, CloseConnection):
                if self._protocol.state is ConnectionState.OPEN:  # the library's own word for what it can't read
                    raise Failed(Reason.WEBSOCKET_MALFORMED, f"what it says is no WebSocket: {event.reason}")
                raise Failed(Reason.WEBSOCKET_CLOSED, f"the peer closed the connection with code {event.code}")
            if isinstance(event, Ping):
                self._say(event.response())
            elif isinstance(event, TextMessage):
                text += event.data
            elif isinstance(event, BytesMessage):
                data += bytes(event.data)
            if isinstance(event, TextMessage | BytesMessage) and event.message_finished:
                return text if isinstance(event, TextMessage) else data

    async def _event(self) -> Event:
        """The next thing that happens."""
        try:
            while (event := next(self._protocol.events(), None)) is None:
                self._protocol.receive_data(await self._talk.some(_PIECE))
                await checkpoint()
        except ProtocolError as error:
            raise Failed(Reason.WEBSOCKET_MALFORMED, f"what it says is no WebSocket: {error}") from None
        self._events += 1
        if self._events > MOST_EVENTS:
            raise Failed(Reason.WEBSOCKET_MALFORMED, f"more than {MOST_EVENTS} frames")
        return event

    def _say(self, event: Event) -> None:
        self._talk.say(self._protocol.send(event))
