"""A short conversation in lines or bytes on one connection, before something else begins on it. It is bounded."""

import asyncio
import re
from typing import cast

from prober.core.model import Phase
from prober.core.reason import Reason
from prober.wire.failure import Failed, failed_by

MAX_BYTES = 64 * 1024
"""More than this is heard of nobody who is not allowed more."""

_SHOWN = 60
_UNPRINTABLE = re.compile(rb"[^\x20-\x7e]")


class Dialogue(asyncio.Protocol):
    """What a peer says, taken line by line or in bytes; and what is said to it.

    refusal: the reason of a peer that says more than `limit` bytes, or hangs up where more is expected.
    """

    def __init__(self, refusal: Reason, limit: int = MAX_BYTES) -> None:
        self._refusal = refusal
        self._limit = limit
        self._heard = bytearray()
        self._total = 0
        self._transport: asyncio.Transport | None = None
        self._failed: Failed | None = None
        self._waiter: asyncio.Future[None] | None = None

    # ------------------------------------------------------------ for the one who talks

    @property
    def is_quiet(self) -> bool:
        """Whether nothing was said that nobody has taken."""
        return not self._heard

    def expect_quiet(self) -> None:
        """Raises Failed if the peer has said something where TLS was going to begin."""
        if self._heard:
            raise Failed(Reason.TLS_HANDSHAKE, "the peer speaks before the TLS handshake: this is no TLS port")

    def say(self, data: bytes) -> None:
        """Sends it. That the peer is gone is told by what is heard next."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    async def line(self) -> bytes:
        """The next line, without its end. Raises Failed."""
        while (end := self._heard.find(b"\n")) < 0:
            await self._more()
        return self._taken(end + 1).rstrip(b"\r\n")

    async def exactly(self, count: int) -> bytes:
        """So many bytes. Raises Failed."""
        while len(self._heard) < count:
            await self._more()
        return self._taken(count)

    async def some(self, most: int) -> bytes:
        """What was said since it was last taken: one byte at least, so many at most. Raises Failed."""
        while not self._heard:
            await self._more()
        return self._taken(min(most, len(self._heard)))

    def go_on(self, transport: asyncio.Transport) -> None:
        """Speaks through this transport from now on: the loop does not tell when TLS is put upon a connection."""
        self._transport = transport

    def refused(self, expected: str, found: bytes) -> Failed:
        """The failure that the peer has said something else."""
        return Failed(self._refusal, f"expected {expected}, found {shown(found)}")

    def _taken(self, count: int) -> bytes:
        taken = bytes(self._heard[:count])
        del self._heard[:count]
        return taken

    async def _more(self) -> None:
        if self._failed is not None:
            raise self._failed
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    # ------------------------------------------------------------ for the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by its methods only

    def data_received(self, data: bytes) -> None:
        self._total += len(data)
        if self._total > self._limit:
            self._end(Failed(self._refusal, f"the peer says more than {self._limit} bytes"))
            if self._transport is not None:
                self._transport.abort()
        else:
            self._heard += data
            self._wake()

    def eof_received(self) -> None:
        self._end(self._hung_up())

    def connection_lost(self, error: Exception | None) -> None:
        if isinstance(error, OSError):
            self._end(failed_by(error, Phase.CONNECT, "the connection broke"))
        else:
            self._end(self._hung_up())

    def _hung_up(self) -> Failed:
        return Failed(
            self._refusal, f"the peer closed the connection {'within' if self._heard else 'without'} an answer"
        )

    def _end(self, failed: Failed) -> None:
        self._failed = self._failed or failed
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def shown(said: bytes) -> str:
    """What a peer has said, for people: in quotes, in plain characters, and not much of it."""
    cut = said if len(said) <= _SHOWN else said[:_SHOWN] + b"..."
    return f'"{_UNPRINTABLE.sub(b"?", cut).decode()}"'
