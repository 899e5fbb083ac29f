"""A connection, with TLS or without, on which a kind then holds a conversation of its own."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple, TypeVar

from prober.core.model import Phase
from prober.core.reason import Reason
from prober.probes.boundary import Attempt
from prober.probes.reach import reached
from prober.wire import tls
from prober.wire.connect import connect
from prober.wire.dialogue import MAX_BYTES, Dialogue
from prober.wire.http1 import Exchange
from prober.wire.resolve import Names

P = TypeVar("P", bound=Dialogue | Exchange)


class Line(NamedTuple):
    """Whom to connect to. policy: None without TLS. refusal: the reason of a peer that hangs up or says too much.

    limit: how many bytes are heard of it, with TLS undone.
    """

    host: str
    port: int
    family: str
    names: Names
    policy: ssl.SSLContext | None
    server_name: str
    refusal: Reason
    limit: int = MAX_BYTES


@asynccontextmanager
async def talking(attempt: Attempt, line: Line) -> AsyncIterator[Dialogue]:
    """The conversation; the connection is gone after the block. What is learned stands in the facts. Raises Failed."""
    async with connected(attempt, line, lambda: Dialogue(line.refusal, line.limit)) as (transport, talk):
        talk.go_on(transport)
        yield talk


@asynccontextmanager
async def connected(attempt: Attempt, line: Line, make: Callable[[], P]) -> AsyncIterator[tuple[asyncio.Transport, P]]:
    """The same for whatever is spoken on it, with the transport to write to."""
    watch, facts = attempt.watch, attempt.facts
    address = await reached(attempt, line.host, line.family, line.names)
    watch.enter(Phase.CONNECT)
    transport, talk = await connect(make, address, line.port)
    secured = transport
    try:
        if line.policy is not None:
            watch.enter(Phase.TLS)
            talk.expect_quiet()
            secured = await tls.secure(transport, talk, line.policy, line.server_name)
            facts.update(tls.facts(secured))
        facts["ssl"] = int(line.policy is not None)
        yield secured, talk
    except tls.CertificateFailed as failed:
        transport.abort()
        if line.policy is None:  # it began in the middle, where nobody but the conversation leads
            raise
        attempt.failed = failed
        watch.stop()
        expiry_s = await tls.peer_expiry_s(address, line.port, line.server_name)
        if expiry_s is not None:
            facts["cert_expiry_s"] = expiry_s
        raise
    finally:
        if secured is not transport:
            secured.abort()
        transport.abort()
