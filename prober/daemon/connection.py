"""A reader's connection: uvicorn's, within bounds, so that no reader can take what probing needs.

1. There are so many at most; who comes then is turned away, and what is left of our descriptors is for probes.
2. A request is short, and has arrived in time after its connection or the first of its bytes. Answers have no deadline
   here: how long nothing of one may be taken is the kernel's to watch (see serve.bound).
3. Who becomes a WebSocket counts as before, and has been answered all else; who asks and does not take goes.
"""

import asyncio
import logging
import resource
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from wsproto.events import Ping

LONGEST_REQUEST = 128 * 1024  # bytes, its head and its body together; twice what any dialect takes
ARRIVES_WITHIN_S = 30
MOST = 16_384  # connections of a listener
LONGEST_MESSAGE = 1024  # bytes of a WebSocket's; nobody has anything to say there
PING_EVERY_S = 20.0  # who answers none within as long is gone
_QUIET = logging.getLogger("prober.daemon.connection.sockets")
_QUIET.setLevel(logging.ERROR)  # every coming would be told


def most_connections(eighths: int) -> int:
    """How many connections a listener may have: so many eighths of our descriptors."""
    return min(MOST, resource.getrlimit(resource.RLIMIT_NOFILE)[0] * eighths // 8)


class Connection(HttpToolsProtocol):
    """Sent away are who is one too many, who says too much, and who takes too long to say it."""

    eighths = 1  # of our descriptors, at most; probes have what the listeners leave

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._taken = 0  # bytes of the request that is arriving
        self._deadline: asyncio.TimerHandle | None = None
        self._is_last = False
        self._cycles: list[RequestResponseCycle] = []  # requests that are not answered; uvicorn knows the latest only

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > most_connections(self.eighths):
            transport.abort()
        else:
            self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        super().connection_lost(exc)
        self._forsake()

    def data_received(self, data: bytes) -> None:
        self._begin()
        super().data_received(data)
        if self._deadline is not None:
            self._taken += len(data)
            if self._taken > LONGEST_REQUEST and not self.transport.is_closing():
                self._send_away()

    def on_message_begin(self) -> None:
        self._begin()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        cycles: tuple[RequestResponseCycle | None, ...] = (*self._cycles, self.cycle)
        # None if the first request is to become a WebSocket
        self._cycles = [one for one in cycles if one is not None and not one.response_complete]
        if self._is_last:
            self.make_last()

    def make_last(self) -> None:
        """The answer under way, or else the next one, ends the connection and says so."""
        self._is_last = True
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            cycle.keep_alive = False

    def on_message_complete(self) -> None:
        self._end()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._end()
        if self._cycles:  # its answer would come between those
            self.transport.close()
        else:
            super().handle_websocket_upgrade()

    def _begin(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(ARRIVES_WITHIN_S, self.transport.abort)

    def _end(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline, self._taken = None, 0

    def send_400_response(self, msg: str) -> None:
        """Of what can't be read; where an answer to an earlier request is under way, it would be taken for that."""
        if self._is_answering():
            self.transport.close()
        else:
            super().send_400_response(msg)
        self._forsake()

    def _forsake(self) -> None:
        """Nobody is there any more whom what is under way could be told."""
        for cycle in self._cycles:
            cycle.disconnected = True
            cycle.message_event.set()
        self._cycles = []

    def _send_away(self) -> None:
        self.send_400_response(f"Expected a request of at most {LONGEST_REQUEST} bytes.")

    def _is_answering(self) -> bool:
        """Whether a request has arrived whole, or is answered already, and the answer is not complete."""
        return any(not one.response_complete and (one.response_started or not one.more_body) for one in self._cycles)


class PageConnection(Connection):
    """One of those who read the page, and may have it open."""

    eighths = 3


class Socket(WSProtocol):
    """What a connection is after it has become a WebSocket."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = _QUIET

    def handle_ping(self, event: Ping) -> None:
        """Answered to whom takes the answers; they are not kept for others."""
        if self.writable.is_set():
            super().handle_ping(event)
        else:
            self.transport.abort()
