"""What name servers say of a name, found without a thread: questions by UDP, by TCP where an answer is too long.

One socket of its own, and so a random port, carries the questions for all types to one server, each under a random id.
What does not fit (another id, another question, no message at all) is passed over, and nobody but the server is heard.

A server that is silent, or fails, may fail for this name or for all. Only the first is the fault of the name, so it is
asked a control question that every resolver can answer, for the root of all names: after a moment of silence, or at
once when it says SERVFAIL.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rrset
from dns.rdatatype import RdataType

from prober.core.model import Phase
from prober.core.reason import Reason
from prober.wire.address import Address
from prober.wire.failure import Failed, failed_by
from prober.wire.nameserver import ask_by_tcp, parsed
from prober.wire.system_names import Server

PATIENCE_S = 0.3
"""So long a silent server is waited for before it is asked whether it answers at all."""

MOST_ALIASES = 16
_GRACE_S = 0.5  # once one type has been answered well, another is waited for no longer
_LARGEST_UDP = 4096
_LARGEST_TCP = 8 * 1024  # some 500 addresses; reading what is longer would hold up everything else
_MOST_STRAYS = 100
_ANSWERS = frozenset({dns.rcode.NOERROR, dns.rcode.NXDOMAIN})
_ERRORS = frozenset({dns.rcode.FORMERR, dns.rcode.SERVFAIL, dns.rcode.NOTIMP, dns.rcode.REFUSED})
_OURS = frozenset({Reason.SELF_DESCRIPTORS, Reason.SELF_PERMISSION, Reason.SELF_INTERNAL})


class Answer(NamedTuple):
    """What was said of a name and a type. alias: where to ask on, if the answer ends in an alias."""

    exists: bool
    ips: tuple[str, ...] = ()
    ttl_s: int = 0
    alias: dns.name.Name | None = None


class Trouble(NamedTuple):
    """Why a server gave no answer. answers_others: whether it answers other questions, and so fails for this name.

    code: the code that it failed with; None if it did not answer at all. is_cut_off: whether we know no way to it.
    """

    server: Server
    words: str
    answers_others: bool
    code: dns.rcode.Rcode | None = None
    is_cut_off: bool = False


class Heard(NamedTuple):
    """What one server had to say."""

    answers: Mapping[RdataType, Answer]
    trouble: Trouble | None


async def ask(
    server: Server,
    name: dns.name.Name,
    types: Sequence[RdataType],
    wait_s: float,
    lives: Callable[[Server], None],
    *,
    by_tcp: bool = False,
) -> Heard:
    """Asks one server for all the types at once, and waits so long. lives: told when it answers the control question.

    Raises Failed if an answer is broken beyond doubt, and if it is our own system that fails.
    """
    talk = _Talk(server, name, types, lives)
    if not by_tcp:
        await talk.hold(wait_s)
    trouble, answers = talk.trouble(), {}
    for type_ in types:
        message = talk.messages.get(type_)
        if by_tcp or (message is not None and message.flags & dns.flags.TC):
            try:
                message = await _by_tcp(server, name, type_, wait_s)
            except Failed as failed:
                # That it answers by UDP shows that it is there.
                trouble = Trouble(server, f"by TCP: {failed.detail}", answers_others=not by_tcp)
                continue
        if message is not None:
            code = message.rcode()
            if code in _ANSWERS and not _is_lame(message):
                answers[type_] = read(message, name, type_)
            else:
                said = "no answer of its own" if code in _ANSWERS else dns.rcode.to_text(code)
                trouble = Trouble(server, said, talk.answers_others, code)
    return Heard(answers, trouble)


def read(message: dns.message.Message, name: dns.name.Name, type_: RdataType) -> Answer:
    """The addresses of that type that the name has, by its aliases within the message. Raises Failed for a loop."""
    records = {(rrset.name, rrset.rdtype): rrset for rrset in message.answer}
    ttl_s, seen = 2**31, {name}
    while (found := records.get((name, type_))) is None:
        alias = records.get((name, RdataType.CNAME))
        if alias is None:
            break
        name, ttl_s = alias[0].target, min(ttl_s, alias.ttl)
        if name in seen or len(seen) > MOST_ALIASES:
            raise Failed(Reason.DNS_MALFORMED, "its aliases lead in a circle, or on without end")
        seen.add(name)
    if message.rcode() == dns.rcode.NXDOMAIN:
        return Answer(exists=False)
    if found is None:
        # A server that looks further for others has done so, and found nothing.
        is_final = len(seen) == 1 or message.flags & dns.flags.RA
        return Answer(exists=True, alias=None if is_final else name)
    return Answer(True, tuple(record.address for record in found), min(ttl_s, found.ttl))


class Question(NamedTuple):
    """A question as it goes over the wire, but for its id."""

    type: RdataType
    section: list[dns.rrset.RRset]
    tail: bytes


@lru_cache(maxsize=4096)
def question(name: dns.name.Name, type_: RdataType) -> Question:
    """The question for records of that type; the server is asked to look further."""
    asked = dns.message.make_query(name, type_)
    return Question(type_, asked.question, asked.to_wire()[2:])


_ROOT = question(dns.name.root, RdataType.NS)


class _Talk:
    """The questions to one server on one socket, and what has come of them."""

    def __init__(
        self, server: Server, name: dns.name.Name, types: Sequence[RdataType], lives: Callable[[Server], None]
    ) -> None:
        self.messages: dict[RdataType, dns.message.Message] = {}
        self.answers_others = False
        self._server = server
        self._name = name
        self._types = types
        self._lives = lives
        self._open: dict[bytes, Question] = {}
        self._timers: list[asyncio.TimerHandle] = []
        self._has_doubted = self._has_failed = False
        self._strays = 0
        self._error: OSError | None = None

    async def hold(self, wait_s: float) -> None:
        """Asks, and waits until all is answered or the time is over. Leaves nothing behind. Raises Failed."""
        self._loop = asyncio.get_running_loop()
        self._over = self._loop.create_future()
        try:
            with socket.socket(_family(self._server.ip), socket.SOCK_DGRAM) as self._sock:
                self._sock.setblocking(False)
                self._sock.connect(self._server)
                for type_ in self._types:
                    self._say(question(self._name, type_))
                self._end_in(wait_s)
                self._timers.append(self._loop.call_later(PATIENCE_S, self._doubt))
                self._loop.add_reader(self._sock, self._hear)
                try:
                    await self._over
                finally:
                    self._loop.remove_reader(self._sock)
                    for timer in self._timers:
                        timer.cancel()
        except OSError as error:
            self._error = error
        if self._error is not None and self._failed(self._error).reason in _OURS:
            raise self._failed(self._error)

    def trouble(self) -> Trouble | None:
        """Why some of it was not answered."""
        if len(self.messages) == len(self._types):
            return None
        if self._error is None:
            return Trouble(self._server, "no answer", self.answers_others)
        failed = self._failed(self._error)
        return Trouble(self._server, failed.detail, self.answers_others, is_cut_off=failed.reason is Reason.SELF_UPLINK)

    def _failed(self, error: OSError) -> Failed:
        return failed_by(error, Phase.RESOLVE, "asking it")

    def _say(self, asked: Question) -> None:
        while (id_ := os.urandom(2)) in self._open:
            pass
        self._open[id_] = asked
        self._sock.send(id_ + asked.tail)

    def _doubt(self) -> None:
        """Asks whether it answers at all."""
        if not self._has_doubted and not self._over.done():
            self._has_doubted = True
            try:
                self._say(_ROOT)
            except OSError as error:
                self._fail(error)

    def _hear(self) -> None:
        try:
            while not self._over.done():
                self._take(self._sock.recv(_LARGEST_UDP + 1))
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(error)

    def _take(self, data: bytes) -> None:
        asked = self._open.get(data[:2])
        message = _fitting(data, asked) if asked is not None else None
        if asked is None or message is None:
            self._strays += 1
            if self._strays >= _MOST_STRAYS:
                self._end()
            return
        del self._open[data[:2]]
        if asked is _ROOT:
            self.answers_others = message.rcode() != dns.rcode.SERVFAIL
            if self.answers_others:
                self._lives(self._server)
        else:
            self._keep(asked.type, message)
        if not self._open or (len(self.messages) == len(self._types) and not self._has_failed):
            self._end()

    def _keep(self, type_: RdataType, message: dns.message.Message) -> None:
        self.messages[type_] = message
        if message.rcode() == dns.rcode.SERVFAIL:
            self._has_failed = True
            self._doubt()
            self._end_in(_GRACE_S)
        elif message.answer or message.rcode() == dns.rcode.NXDOMAIN:
            self._end_in(_GRACE_S)

    def _end_in(self, wait_s: float) -> None:
        self._timers.append(self._loop.call_later(wait_s, self._end))

    def _fail(self, error: OSError) -> None:
        self._error = error
        self._end()

    def _end(self) -> None:
        if not self._over.done():
            self._over.set_result(None)


async def _by_tcp(server: Server, name: dns.name.Name, type_: RdataType, wait_s: float) -> dns.message.Message:
    """The answer by TCP, on a connection of its own. Raises Failed."""
    asked = dns.message.make_query(name, type_)
    address = Address(server.ip, 6 if ":" in server.ip else 4)
    try:
        async with asyncio.timeout(wait_s):
            return await ask_by_tcp(asked, address, server.port, lambda _: None, _LARGEST_TCP)
    except TimeoutError:
        raise Failed(Reason.DNS_TIMEOUT, "no answer") from None


def _fitting(data: bytes, asked: Question) -> dns.message.Message | None:
    """The message, if it is an answer to that question."""
    if len(data) > _LARGEST_UDP:
        return None
    try:
        message = parsed(data)
    except Failed:
        return None
    is_answer = bool(message.flags & dns.flags.QR) and message.opcode() == dns.opcode.QUERY
    is_about_it = message.question == asked.section or (not message.question and message.rcode() in _ERRORS)
    return message if is_answer and is_about_it else None


def _is_lame(message: dns.message.Message) -> bool:
    """Whether it only says that others may know."""
    return not message.answer and not message.flags & (dns.flags.AA | dns.flags.RA)


def _family(ip: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in ip else socket.AF_INET
