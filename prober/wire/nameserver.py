"""One question to one name server, by UDP, by TCP, or on any connection.

By UDP anybody may send an answer in the server's name. What does not fit the question is passed over, as a resolver
would, and told only if nothing better comes.
"""

from collections.abc import Callable, Mapping

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rdatatype
from anyio import to_thread

from prober.core.model import Phase
from prober.core.reason import Reason
from prober.wire.address import Address
from prober.wire.connect import connect
from prober.wire.datagram import LARGEST, datagrams
from prober.wire.dialogue import Dialogue
from prober.wire.failure import TIMED_OUT, Failed

NO_ANSWER: Mapping[Phase, Reason] = {
    **TIMED_OUT,
    Phase.SEND: Reason.DNS_TIMEOUT,
    Phase.PROCESSING: Reason.DNS_TIMEOUT,
    Phase.TRANSFER: Reason.DNS_TIMEOUT,
}
"""What it means when the deadline runs out, by the phase that was running."""

# So many datagrams that do not fit the question are no accident.
_MOST_STRAYS = 100
# What passes every network in one piece (DNS flag day 2020).
_PAYLOAD = 1232
_LARGE = 4096  # bytes that are read in ten milliseconds, whatever they are


def question(name: dns.name.Name, type_: dns.rdatatype.RdataType, recursive: bool) -> dns.message.QueryMessage:
    """A question with a new id. recursive: whether the server is asked to look further for the answer."""
    asked = dns.message.make_query(name, type_, use_edns=0, payload=_PAYLOAD)
    if not recursive:
        asked.flags &= ~dns.flags.RD
    return asked


async def ask_by_udp(
    asked: dns.message.Message,
    address: Address,
    port: int,
    enter: Callable[[Phase], None],
    doubt: Callable[[Failed], None],
) -> dns.message.Message:
    """The answer, which may be truncated. doubt: is told of what did not fit. Raises Failed."""
    enter(Phase.SEND)
    with datagrams(address, port) as sockets:
        await sockets.send(asked.to_wire())
        enter(Phase.PROCESSING)
        for _ in range(_MOST_STRAYS):
            data = await sockets.heard()
            if data[:2] == asked.id.to_bytes(2):
                answer = await read(data)
                if asked.is_response(answer):
                    return answer
            stray = Failed(Reason.DNS_MALFORMED, "only answers to another question came")
            doubt(stray)
        raise stray


async def ask_by_tcp(
    asked: dns.message.Message, address: Address, port: int, enter: Callable[[Phase], None]
) -> dns.message.Message:
    """The answer, on a connection of its own. Raises Failed."""
    enter(Phase.CONNECT)
    transport, talk = await connect(lambda: Dialogue(Reason.DNS_MALFORMED, 2 + LARGEST), address, port)
    try:
        return await ask_on(talk, asked, enter)
    finally:
        transport.abort()


async def ask_on(talk: Dialogue, asked: dns.message.Message, enter: Callable[[Phase], None]) -> dns.message.Message:
    """The answer, on a connection that stands. Raises Failed."""
    enter(Phase.SEND)
    talk.say(asked.to_wire(prepend_length=True))
    enter(Phase.PROCESSING)
    return await fitting(await talk.exactly(int.from_bytes(await talk.exactly(2))), asked)


async def fitting(data: bytes, asked: dns.message.Message) -> dns.message.Message:
    """The answer as it came. Raises Failed if it is none to that question."""
    answer = await read(data)
    if not asked.is_response(answer):
        raise Failed(Reason.DNS_MALFORMED, "the answer is to another question")
    return answer


async def read(data: bytes) -> dns.message.Message:
    """As `parsed`; a large one, of thousands of records, by a thread: it may take a quarter of a second."""
    if len(data) <= _LARGE:
        return parsed(data)
    return await to_thread.run_sync(parsed, data, abandon_on_cancel=True)


def parsed(data: bytes) -> dns.message.Message:
    """A message as it came. Raises Failed if it is none."""
    try:
        return dns.message.from_wire(data)
    except (dns.exception.DNSException, ValueError) as error:
        raise Failed(Reason.DNS_MALFORMED, f"the answer cannot be read: {type(error).__name__}") from None
