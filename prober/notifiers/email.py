"""Kind email: a mail to people, as text and as HTML, through a mail server.

The server's answer is what counts: 2xx means that it has taken the mail, 4xx that it may later, 5xx that it will not.
A mail is encrypted on its way to the server, or not sent: if the server stops offering STARTTLS, nothing goes out in
clear. Mails about one incident form a thread.
"""

import logging
import re
import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import parseaddr
from html import escape
from typing import Annotated, Literal

import aiosmtplib
import anyio
from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from prober.core import ids
from prober.errors import DeliveryError
from prober.notifiers.asking import Asking
from prober.notifiers.base import Parcel, Receipt, kind_of
from prober.notifiers.keys import Authorities
from prober.notifiers.text import COLOR, Telling, fitted, telling
from prober.notifiers.trouble import deepest_reason, failed, late, one_line, own_faults
from prober.options import ChannelOptions, Name, Secret, mistake
from prober.wire.url import parse_host

logger = logging.getLogger(__name__)

PORTS = {"starttls": 587, "tls": 465, "none": 25}
LONGEST_TEXT = 50_000

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", re.ASCII)

_UNSUBSCRIBE = re.compile(r"(https://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?|mailto:)[!#-;=?-~]{1,500}", re.ASCII)


class _Whole(UnstructuredHeader, BaseHeader):
    """A header that stands on one line: a long address would be written as encoded words, which nobody follows."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Whole)
WIRE = SMTP.clone(header_factory=_HEADERS)


def _host(value: object) -> str:
    expected = 'a host name or address such as "mail.example.com"'
    if not isinstance(value, str):
        raise mistake(expected)
    try:
        return parse_host(value.removeprefix("[").removesuffix("]"))
    except ValueError:
        raise mistake(expected) from None


def _recipient(value: object) -> str:
    if isinstance(value, str) and _ADDRESS.fullmatch(value):
        return value
    raise mistake('an address such as "ops@example.com"')


def _sender(value: object) -> str:
    if isinstance(value, str) and value.isprintable() and _ADDRESS.fullmatch(parseaddr(value)[1]):
        return value
    raise mistake('an address such as "status@example.com" or "Acme Status <status@example.com>"')


def _unsubscribe(value: object) -> str:
    if isinstance(value, str) and _UNSUBSCRIBE.fullmatch(value):
        return value
    raise mistake('an address such as "https://example.com/leave" or "mailto:ops@example.com?subject=leave"')


class EmailOptions(ChannelOptions):
    """The keys of a channel of kind email."""

    host: Annotated[str, BeforeValidator(_host)]
    """The mail server."""
    port: int | None = Field(default=None, ge=1, le=65_535)
    """Its port; without it 587, with encryption "tls" 465, with "none" 25."""
    encryption: Literal["starttls", "tls", "none"] = "starttls"
    """How the way to the server is encrypted."""
    ca: Authorities | None = None
    """A PEM file with the authorities to trust instead of the system's."""
    username: Name | None = None
    """Who we are to the server; without it, it is not asked."""
    password: Secret | None = None
    """The password of that user."""
    sender: Annotated[str, BeforeValidator(_sender)]
    """Whom the mails are from, with a name if you like."""
    to: list[Annotated[str, BeforeValidator(_recipient)]] = Field(default=[], max_length=100)
    """Whom they are for."""
    subscribers: bool = Field(default=False, validate_default=True)
    """Whether they are for the readers of the page who have subscribed, instead: a mail for each."""
    unsubscribe: Annotated[str, BeforeValidator(_unsubscribe)] | None = None
    """Where a recipient asks to be left out: an https or mailto address."""

    @field_validator("password", mode="after")
    @classmethod
    def _is_protected(cls, value: Secret | None, info: ValidationInfo) -> Secret | None:
        if value is not None and info.data.get("encryption") == "none":
            raise mistake('no password with encryption = "none", it would be sent in clear', "one")
        if value is not None and info.data.get("username") is None:
            raise mistake("a username beside the password", "none")
        return value

    @field_validator("unsubscribe", mode="after")
    @classmethod
    def _is_used(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("subscribers"):
            raise mistake("none beside `subscribers`: each of their mails has a link of its own", "one")
        return value

    @field_validator("subscribers", mode="after")
    @classmethod
    def _is_for_somebody(cls, value: bool, info: ValidationInfo) -> bool:
        to = info.data.get("to")
        if to == [] and not value:
            raise mistake("addresses in `to` beside it, or true", "neither")
        if to and value:
            raise mistake("no `to` beside it: each mail is for one subscriber", "both")
        return value

    def is_for_subscribers(self) -> bool:
        return self.subscribers

    def target(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"smtp://{host}:{self.port or PORTS[self.encryption]}"


def message(
    parcel: Parcel, sender: str, recipients: Sequence[str], unsubscribe: str | None = None, leave: str | None = None
) -> EmailMessage:
    """The mail; the same for the same notice, whatever the attempt.

    unsubscribe: where one asks to be left out. leave: where this one recipient is left out with one click (RFC 8058).
    """
    told, notice = telling(parcel), parcel.notice
    mail = _mail(sender, recipients, told.subject, notice.at_ms, notice.id)
    domain = parseaddr(sender)[1].rpartition("@")[2]
    mail["References"] = f"<{ids.slug(f'{notice.site}:{notice.stream}', length=20)}@{domain}>"
    if leave is not None:
        mail["List-Unsubscribe"] = f"<{leave}>"
        if leave.startswith("https:"):  # for nothing else is there one click
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    elif unsubscribe is not None:
        mail["List-Unsubscribe"] = f"<{unsubscribe}>"
    said = [*told.lines, *(["", f"Unsubscribe: {leave}"] if leave else [])]
    # Lines stay short and within ASCII, whatever the server can do.
    mail.set_content(_clean("\n".join(said)) + "\n", cte="quoted-printable")
    mail.add_alternative(_html(told, leave), subtype="html", cte="quoted-printable")
    mail.set_boundary(f"{notice.id}-{ids.slug(notice.id)}")
    return mail


def question(sender: str, recipient: str, words: Asking, id_: str, at_ms: int) -> EmailMessage:
    """Asks the owner of a mailbox whether the mails of a page are wanted."""
    mail = _mail(sender, [recipient], words.subject, at_ms, f"ask-{id_}-{at_ms}")
    mail.set_content(_clean("\n\n".join(words.said)) + "\n", cte="quoted-printable")
    return mail


def _mail(sender: str, recipients: Sequence[str], subject: str, at_ms: int, id_: str) -> EmailMessage:
    """A mail without a body."""
    name, address = parseaddr(sender)
    mail = EmailMessage(policy=WIRE)
    mail["Subject"] = one_line(subject)
    mail["From"] = Address(display_name=name, addr_spec=address)
    mail["To"] = ", ".join(recipients)
    mail["Date"] = datetime.fromtimestamp(at_ms / 1000, UTC)
    mail["Message-ID"] = f"<{id_}@{address.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    return mail


def _clean(text: str) -> str:
    """The text without what a mail cannot hold, and not for ever long."""
    return fitted(text, LONGEST_TEXT).encode("utf-8", "replace").decode()


def _html(told: Telling, leave: str | None = None) -> str:
    said = "".join(f"<p>{escape(_clean(line))}</p>\n" for line in told.said)
    facts = "".join(
        f'<tr><td style="padding-right:1em;color:#666">{escape(label)}</td><td>{escape(_clean(value))}</td></tr>\n'
        for label, value in told.facts
    )
    link = f'<p><a href="{escape(told.url)}">{escape(told.url)}</a></p>\n' if told.url else ""
    way_out = f'<p><a style="color:#666" href="{escape(leave)}">Unsubscribe</a></p>\n' if leave else ""
    bar = f"border-left:6px solid #{COLOR[told.badness]:06x};padding-left:12px"
    return (
        '<!doctype html>\n<html lang="en">\n<body style="font-family:sans-serif">\n'
        f'<h2 style="{bar}">{escape(one_line(told.subject))}</h2>\n'
        f"{said}<table>\n{facts}</table>\n{link}{way_out}</body>\n</html>\n"
    )


class MailboxError(DeliveryError):
    """The server does not take the mail for its recipients, which may be their trouble alone.

    is_there: False if it says that there is no such mailbox.
    """

    def __init__(self, message: str, *, permanent: bool, is_there: bool) -> None:
        super().__init__(message, permanent=permanent)
        self.is_there = is_there


def _is_unknown(answer: aiosmtplib.SMTPResponseException) -> bool:
    """By the enhanced code (RFC 3463): a plain 550 may as well mean that the server does not like us."""
    return answer.code >= 500 and re.match(r"5\.1\.(1|2|3|6|10)\b", answer.message) is not None


class Email:
    """Sends one channel's notices."""

    def __init__(self, options: EmailOptions) -> None:
        self._options = options
        self._target = options.target()
        # Not the context for HTTP, which offers its protocol: there are mail servers that refuse whoever does.
        self._tls = ssl.create_default_context(cafile=options.ca)

    async def send(self, parcel: Parcel) -> Receipt:
        """Send once. Raises DeliveryError, whatever has happened: a fault must never stop the outbox."""
        options = self._options
        if options.subscribers:  # whom to send it to is known where the mails are made: this is a test of the channel
            return await self.greet()
        return await self._post(lambda: message(parcel, options.sender, options.to, options.unsubscribe), options.to)

    async def send_to(self, parcel: Parcel, recipient: str, leave: str | None) -> Receipt:
        """The same to one recipient, who is left out with the link `leave`. Raises DeliveryError; MailboxError.

        leave: None = there is no page any more that it could lead to.
        """
        sender = self._options.sender
        return await self._post(lambda: message(parcel, sender, [recipient], leave=leave), [recipient])

    async def ask(self, recipient: str, words: Asking, id_: str, at_ms: int) -> None:
        """Ask the owner of a mailbox once, see question. Raises DeliveryError; MailboxError."""
        await self._post(lambda: question(self._options.sender, recipient, words, id_, at_ms), [recipient])

    async def greet(self) -> Receipt:
        """See whether the server is there and knows us, and send nothing. Raises DeliveryError."""
        await self._post(None, [])
        return Receipt(detail="the server takes mail; a test is sent to no subscriber")

    async def _post(self, make: Callable[[], EmailMessage] | None, to: Sequence[str]) -> Receipt:
        """Within the channel's timeout. make: the mail; None = none. Raises DeliveryError, whatever has happened."""
        receipt = None
        with own_faults(self._target), anyio.move_on_after(self._options.timeout / 1000):
            mail = make().as_bytes() if make else None
            try:
                receipt = await self._delivered(mail, to)
            except aiosmtplib.SMTPException as error:
                raise self._refused(error) from error
            except OSError as error:
                raise failed(self._target, f"the connection broke: {deepest_reason(error)}") from error
        if receipt is None:
            raise late(self._target, self._options.timeout)
        return receipt

    async def aclose(self) -> None:
        """Nothing is held open."""

    async def _delivered(self, mail: bytes | None, to: Sequence[str]) -> Receipt:
        """Hand it over on a connection of its own."""
        client = self._client()
        try:
            await client.connect()
            if mail is None:
                return Receipt()
            refused, _ = await client.sendmail(parseaddr(self._options.sender)[1], to, mail)
            return self._receipt(refused)
        finally:
            # Without a farewell: the server has taken the mail, and a slow one must not make it late.
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        options = self._options
        return aiosmtplib.SMTP(
            hostname=options.host,
            port=options.port or PORTS[options.encryption],
            username=options.username,
            password=options.password.get_secret_value() if options.password else None,
            local_hostname=socket.gethostname() or "localhost",  # looking up more could take longer than the deadline
            timeout=None,  # the deadline of the attempt is the only one
            use_tls=options.encryption == "tls",
            start_tls=options.encryption == "starttls",
            tls_context=self._tls,
        )

    def _receipt(self, refused: dict[str, aiosmtplib.SMTPResponse]) -> Receipt:
        """What it means that some of the recipients were refused, and the mail was taken for the others."""
        if any(answer.code < 500 for answer in refused.values()):
            # Once more for all of them: who has it already knows it by its Message-ID.
            raise failed(self._target, f"not yet taken for {', '.join(refused)}")
        if refused:
            logger.warning("%s: mail for %s was refused", self._target, ", ".join(refused))
        return Receipt(detail=f"refused for {', '.join(refused)}" if refused else "")

    def _refused(self, error: aiosmtplib.SMTPException) -> DeliveryError:
        if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
            return self._refused_for(max(error.recipients, key=lambda one: one.code < 500))
        if isinstance(error, aiosmtplib.SMTPDataError):  # there are servers that look for the mailbox only then
            return self._refused_for(error)
        if isinstance(error, aiosmtplib.SMTPResponseException):
            return self._answered(error)
        if isinstance(error, aiosmtplib.SMTPConnectError):
            return failed(self._target, f"no connection: {deepest_reason(error) or 'it was closed at once'}")
        return failed(self._target, deepest_reason(error) or one_line(str(error.message)))

    def _refused_for(self, answer: aiosmtplib.SMTPResponseException) -> MailboxError:
        found = self._answered(answer)
        return MailboxError(str(found), permanent=found.permanent, is_there=not _is_unknown(answer))

    def _answered(self, error: aiosmtplib.SMTPResponseException) -> DeliveryError:
        """A refusal at the door says nothing of the mail, and no answer in numbers nothing at all."""
        password = self._options.password.get_secret_value() if self._options.password else None
        words = one_line(error.message)
        words = f": {words}" if words and not (password and password in words) else ""
        is_final = error.code >= 500 and not isinstance(error, aiosmtplib.SMTPConnectError)
        what = f"answered {error.code}{words}" if error.code > 0 else "no answer in SMTP"
        return DeliveryError(f"{self._target}: {what}", permanent=is_final)


KIND = kind_of(EmailOptions, Email)
