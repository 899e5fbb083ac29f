"""What name servers say of a name, found without a thread: questions by UDP, by TCP where an answer is too long.

One socket of its own, and so a random port, carries the questions for all types to one server, each under a random id.
What does not fit (another id, another question, no message at all) is passed over, and nobody but the server is heard.

A server that is silent, or fails, may fail for this name or for all. Only the first is the fault of the name, so it is
asked a control question that every resolver can answer, for the root of all names: after a moment of silence, or at
once when it says SERVFAIL. A silent server may have come back just then: it is asked for the name once more, and only
another moment of silence is the name's.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from prober.core.model import Phase
from prober.core.reason import Reason
from prober.wire.address import Address
from prober.wire.connect import connect
from prober.wire.dialogue import Dialogue
from prober.wire.dns_message import CODES, NOERROR, NS, NXDOMAIN, ROOT, SERVFAIL, Question, Reply, question, read_reply
from prober.wire.failure import Failed, failed_by
from prober.wire.system_names import Server

PATIENCE_S = 0.3
"""So long a silent server is waited for before it is asked whether it answers at all."""

MOST_ALIASES = 16
_GRACE_S = 0.5  # once one type has been answered well, another is waited for no longer
_LARGEST_UDP = 4096
_LARGEST_TCP = 16 * 1024  # some thousand addresses
_MOST_STRAYS = 100
_ANSWERS = frozenset({NOERROR, NXDOMAIN})
_OURS = frozenset({Reason.SELF_DESCRIPTORS, Reason.SELF_PERMISSION, Reason.SELF_INTERNAL})
_CONTROL = question(ROOT, NS)


class Answer(NamedTuple):
    """What was said of a name and a type. alias: where to ask on, if the answer ends in an alias."""

    exists: bool
    ips: tuple[str, ...] = ()
    ttl_s: int = 0
    alias: bytes | None = None


class Trouble(NamedTuple):
    """Why a server gave no answer. answers_others: whether it answers other questions, and so fails for this name.

    code: the code that it failed with; None if it did not answer at all. is_cut_off: whether we know no way to it.
    """

    server: Server
    words: str
    answers_others: bool
    code: int | None = None
    is_cut_off: bool = False


class Heard(NamedTuple):
    """What one server had to say, by type."""

    answers: Mapping[int, Answer]
    trouble: Trouble | None


async def ask(
    server: Server,
    name: bytes,
    types: Sequence[int],
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
        reply = talk.replies.get(type_)
        if by_tcp or (reply is not None and reply.is_truncated):
            try:
                reply = await _by_tcp(server, question(name, type_), wait_s)
            except Failed as failed:
                # That it answers by UDP shows that it is there.
                trouble = Trouble(server, f"by TCP: {failed.detail}", answers_others=not by_tcp)
                continue
        if reply is not None:
            if reply.code in _ANSWERS and not _is_lame(reply):
                answers[type_] = read(reply, name)
            else:
                said = "no answer of its own" if reply.code in _ANSWERS else CODES.get(reply.code, f"code {reply.code}")
                trouble = Trouble(server, said, talk.answers_others, reply.code)
    return Heard(answers, trouble)


def read(reply: Reply, name: bytes) -> Answer:
    """The addresses that the name has, by its aliases within the answer. Raises Failed for a loop."""
    ttl_s, seen = 2**31, {name}
    while name not in reply.addresses and name in reply.aliases:
        name, alias_ttl_s = reply.aliases[name]
        ttl_s = min(ttl_s, alias_ttl_s)
        if name in seen or len(seen) > MOST_ALIASES:
            raise Failed(Reason.DNS_MALFORMED, "its aliases lead in a circle, or on without end")
        seen.add(name)
    if reply.code == NXDOMAIN:
        return Answer(exists=False)
    if name not in reply.addresses:
        # A server that looks further for others has done so, and found nothing.
        is_final = len(seen) == 1 or reply.recurses
        return Answer(exists=True, alias=None if is_final else name)
    ips, address_ttl_s = reply.addresses[name]
    return Answer(True, ips, min(ttl_s, address_ttl_s))


class _Talk:
    """The questions to one server on one socket, and what has come of them."""

    def __init__(self, server: Server, name: bytes, types: Sequence[int], lives: Callable[[Server], None]) -> None:
        self.replies: dict[int, Reply] = {}
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
        if len(self.replies) == len(self._types):
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
                self._say(_CONTROL)
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
        reply = read_reply(data, asked) if asked is not None and len(data) <= _LARGEST_UDP else None
        if asked is None or reply is None:
            self._strays += 1
            if self._strays >= _MOST_STRAYS:
                self._end()
            return
        del self._open[data[:2]]
        if asked is _CONTROL:
            if reply.code != SERVFAIL:
                self._know_others()
        else:
            self._keep(asked.type, reply)
        if not self._open or (len(self.replies) == len(self._types) and not self._has_failed):
            self._end()

    def _know_others(self) -> None:
        """It answers the control question."""
        if self._has_failed:
            self._blame_name()
            return
        for type_ in self._types:
            if type_ not in self.replies:
                self._say(question(self._name, type_))
        self._timers.append(self._loop.call_later(PATIENCE_S, self._blame_name))

    def _blame_name(self) -> None:
        if not self._over.done():
            self.answers_others = True
            self._lives(self._server)

    def _keep(self, type_: int, reply: Reply) -> None:
        self.replies[type_] = reply
        if reply.code == SERVFAIL:
            self._has_failed = True
            self._doubt()
            self._end_in(_GRACE_S)
        elif reply.addresses or reply.code == NXDOMAIN:
            self._end_in(_GRACE_S)

    def _end_in(self, wait_s: float) -> None:
        self._timers.append(self._loop.call_later(wait_s, self._end))

    def _fail(self, error: OSError) -> None:
        self._error = error
        self._end()

    def _end(self) -> None:
        if not self._over.done():
            self._over.set_result(None)


async def _by_tcp(server: Server, asked: Question, wait_s: float) -> Reply:
    """The answer by TCP, on a connection of its own. Raises Failed."""
    try:
        async with asyncio.timeout(wait_s):
            address = Address(server.ip, 6 if ":" in server.ip else 4)
            transport, talk = await connect(
                lambda: Dialogue(Reason.DNS_MALFORMED, 2 + _LARGEST_TCP), address, server.port
            )
            try:
                sent = os.urandom(2) + asked.tail
                talk.say(len(sent).to_bytes(2) + sent)
                data = await talk.exactly(int.from_bytes(await talk.exactly(2)))
            finally:
                transport.abort()
    except TimeoutError:
        raise Failed(Reason.DNS_TIMEOUT, "no answer") from None
    reply = read_reply(data, asked) if data[:2] == sent[:2] else None
    if reply is None:
        raise Failed(Reason.DNS_MALFORMED, "what came is no answer to the question")
    return reply


def _is_lame(reply: Reply) -> bool:
    """Whether it only says that others may know."""
    return not (reply.addresses or reply.aliases or reply.is_authoritative or reply.recurses)


def _family(ip: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in ip else socket.AF_INET
