"""Mail servers on loopback: a real one, and one that answers with exactly the bytes it is told to."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from anyio.abc import SocketAttribute, SocketStream

from tests.notifiers.receivers import Receiver
from tests.notifiers.receivers import said as told

USER, PASSWORD = "prober", "hush-hush"


class Mailbox:
    """What a real server has taken. refuses: by recipient, what it answers to them; refuses_data: later."""

    def __init__(self, refuses: dict[str, str]) -> None:
        self.port = 0
        self.taken: list[Envelope] = []
        self.users: list[Any] = []
        self.was_encrypted: list[bool] = []
        self._refuses = refuses
        self.refuses_data: dict[str, str] = {}
        self.may_take = anyio.Event()
        self.may_take.set()
        self.at_once = self.most_at_once = 0

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, to: str, options: list[str]) -> str:
        if to in self._refuses:
            return self._refuses[to]
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.may_take.wait()
        self.at_once -= 1
        for to in envelope.rcpt_tos:
            if to in self.refuses_data:
                return self.refuses_data[to]
        self.taken.append(envelope)
        self.users.append(session.auth_data)
        self.was_encrypted.append(session.ssl is not None)
        return "250 OK"


def _is_known(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
    is_right = isinstance(given, LoginPassword) and given == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=False, auth_data=USER)


@asynccontextmanager
async def mail_server(
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    refuses: dict[str, str] | None = None,
    **keys: Any,
) -> AsyncIterator[Mailbox]:
    """A real server. starttls: it offers STARTTLS, and asks for it and a password; tls: it speaks nothing else."""
    box = Mailbox(refuses or {})
    asks: dict[str, Any] = {}
    if starttls is not None:
        asks = {"require_starttls": True, "auth_required": True, "authenticator": _is_known}

    def made() -> SMTP:
        return SMTP(box, hostname="mail.example", tls_context=starttls, **asks, **keys)

    server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0, ssl=tls)
    box.port = server.sockets[0].getsockname()[1]
    async with server:
        yield box


@asynccontextmanager
async def scripted(answer: bytes | None, verb: str = "MAIL") -> AsyncIterator[Receiver]:
    """A server that answers so to that verb (GREETING = at once), well to all others, and hangs up after."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    receiver = Receiver(f"smtp://127.0.0.1:{listener.extra(SocketAttribute.local_port)}")

    async def serve(stream: SocketStream) -> None:
        receiver.requests.append(({}, b""))
        async with stream:
            with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
                await _talk(stream, answer, verb)

    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        yield receiver
        tasks.cancel_scope.cancel()


async def _talk(stream: SocketStream, answer: bytes | None, verb: str) -> None:
    said = b"GREETING"
    while said.split()[0].decode().upper() != verb:
        await stream.send(b"220 mail.example\r\n" if said == b"GREETING" else b"250 OK\r\n")
        said = await stream.receive()
    if answer is None:
        await anyio.sleep_forever()
    else:
        await told(stream, answer)
