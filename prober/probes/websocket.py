"""Kind websocket: asks for the upgrade, and, if anything is to be said or expected, holds a short conversation.

Up when the peer consents and, with `expect`, when one of its messages is as expected before the deadline.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from prober.clock import Clock
from prober.core.model import Due, Observation, Phase
from prober.core.reason import Reason
from prober.options import CheckOptions, DurationMs, Secret, mistake
from prober.probes.base import Kind
from prober.probes.boundary import Attempt, Judgement, observe
from prober.probes.expectations import OF_TEXTS, Wanted, wanted
from prober.probes.expiry import expiring
from prober.probes.keys import CaFile, Family, Headers, fitting
from prober.probes.reach import ReachOptions
from prober.probes.stream import Line, talking
from prober.wire import tls
from prober.wire.failure import Failed
from prober.wire.request import NAME, TOKEN, USER_AGENT, basic
from prober.wire.url import Url, parse
from prober.wire.websocket import Socket

_EXPECTED_URL = 'a URL such as "wss://example.com/live"'
_SCHEMES = {"ws": "http", "wss": "https"}
_MOST_BYTES = 1024 * 1024
_OWN = ("upgrade", "connection")


def _parsed(text: str) -> Url:
    """The URL with the scheme that HTTP has for it. ValueError."""
    scheme, colon, rest = text.partition(":")
    if scheme.lower() not in _SCHEMES:
        raise ValueError("it is neither ws:// nor wss://")
    return parse(_SCHEMES[scheme.lower()] + colon + rest)


class WebsocketOptions(ReachOptions):
    """The keys of a check of kind websocket."""

    url: str = Field(repr=False)
    """What is asked: a ws or wss URL. A user name and password in it become Basic authentication."""
    headers: Headers = Field(default={}, repr=False)
    """More request headers."""
    bearer: Secret | None = None
    """A token that is sent as `Authorization: Bearer`."""
    subprotocols: list[str] = Field(default=[], max_length=20)
    """The subprotocols that are offered; if there are any, the peer must take one."""
    send: str | None = Field(default=None, max_length=65_536)
    """A message that is sent after the upgrade."""
    expect: Any = None
    """What one of the peer's messages must be: a text, or comparisons."""
    verify: bool = True
    """Whether the certificate must be valid for the name and signed by a trusted authority."""
    ca: CaFile | None = None
    """A PEM file with the authorities to trust instead of the system's."""
    family: Family = "any"
    """Which addresses are used: "4", "6", "4 first", "6 first", or "any", in the system's order."""
    cert_expiring_within: DurationMs | None = None
    """Degraded when the certificate expires within this time."""

    @field_validator("url", mode="before")
    @classmethod
    def _is_url(cls, value: object) -> object:
        try:
            _parsed(value if isinstance(value, str) else "")
        except ValueError as error:
            raise mistake(_EXPECTED_URL, str(error)) from None
        return value

    @field_validator("headers", mode="after")
    @classmethod
    def _leave_the_upgrade(cls, headers: dict[str, str]) -> dict[str, str]:
        for name in headers:
            if name.lower() in _OWN or name.lower().startswith("sec-websocket-"):
                raise mistake(f"prober's own header {name}", f'"{name}"')
        return headers

    @field_validator("bearer", mode="after")
    @classmethod
    def _is_token(cls, token: Secret | None) -> Secret | None:
        if token is not None and not TOKEN.fullmatch(token.get_secret_value()):
            raise mistake("a token of letters, digits and -._~+/, with = at its end", "something else")
        return token

    @field_validator("subprotocols", mode="after")
    @classmethod
    def _are_names(cls, names: list[str]) -> list[str]:
        for name in names:
            if not NAME.fullmatch(name):
                raise mistake('subprotocols such as "graphql-ws"', f'"{name}"')
        return names

    @field_validator("expect", mode="after")
    @classmethod
    def _is_wanted(cls, written: Any) -> Any:
        if written is not None:
            if not isinstance(written, str | dict):
                raise mistake("a text or comparisons", f"a {type(written).__name__}")
            wanted(written, "expect", OF_TEXTS)
        return written

    @field_validator("family", mode="after")
    @classmethod
    def _fits_url(cls, family: Family, info: ValidationInfo) -> Family:
        url = info.data.get("url")
        return fitting(family, _parsed(url).host if url else None)

    def target(self) -> str:
        url = _parsed(self.url)
        return str(url).replace("http", "ws", 1)


class WebsocketProbe:
    """Prepared once: the way there, the headers, and what is expected."""

    def __init__(self, options: WebsocketOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._url = url = _parsed(options.url)
        policy = tls.context(options.verify, options.ca) if url.scheme == "https" else None
        name = url.host.removesuffix(".")
        self._line = Line(
            url.host, url.port, options.family, options.names(), policy, name, Reason.WEBSOCKET_CLOSED, _MOST_BYTES
        )
        self._want: Wanted | None = None if options.expect is None else wanted(options.expect, "expect", OF_TEXTS)
        self._headers = _headers(options, url)

    async def probe(self, due: Due) -> Observation:
        return await observe(due, self._clock, self._options.timeout, self._run)

    async def _run(self, attempt: Attempt) -> Judgement | None:
        options, watch, facts = self._options, attempt.watch, attempt.facts
        facts["status_code"] = 0
        async with talking(attempt, self._line) as talk:
            socket = Socket(talk)
            watch.enter(Phase.SEND)
            socket.ask(self._url.authority, self._url.path, self._headers, options.subprotocols)
            watch.enter(Phase.PROCESSING)
            try:
                taken = await socket.accepted()
            finally:
                facts["status_code"] = socket.status
            if options.subprotocols and taken is None:
                raise Failed(Reason.EXPECT_MESSAGE, "the peer has taken none of the subprotocols")
            watch.enter(Phase.TRANSFER)
            if options.send is not None:
                socket.say(options.send)
            if self._want is not None:
                attempt.doubts(Failed(Reason.EXPECT_MESSAGE, f"expected {self._want.told}, found no such message"))
                await _found(socket, self._want)
            socket.close()
        expiry_s = facts.get("cert_expiry_s")
        return expiring(expiry_s, options.cert_expiring_within, self._clock.now_ms())


async def _found(socket: Socket, want: Wanted) -> None:
    async for message in socket.messages():
        text = message if isinstance(message, str) else message.decode("utf-8", "replace")
        if want.holds(text):
            return


def _headers(options: WebsocketOptions, url: Url) -> Mapping[str, str]:
    headers = {"User-Agent": USER_AGENT} if "user-agent" not in map(str.lower, options.headers) else {}
    if url.userinfo is not None:
        headers["Authorization"] = basic(url.userinfo)
    if options.bearer is not None:
        headers["Authorization"] = f"Bearer {options.bearer.get_secret_value()}"
    return headers | options.headers


def build(options: CheckOptions, clock: Clock) -> WebsocketProbe:
    """The prober of one check of kind websocket."""
    if not isinstance(options, WebsocketOptions):
        raise TypeError(type(options).__name__)
    return WebsocketProbe(options, clock)


def guesses(target: str) -> dict[str, object] | None:
    """ws and wss URLs mean this kind."""
    return {"url": target} if target.lower().startswith(("ws://", "wss://")) else None


KIND = Kind(options=WebsocketOptions, build=build, guesses=guesses, example="wss://example.com/live")
