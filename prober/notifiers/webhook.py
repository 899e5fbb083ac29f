"""Kind webhook: POSTs a notice as JSON to a URL, signed if the channel has a secret.

The status is the receiver's answer: 2xx means delivered. Worth trying again are 408, 425, 429, 5xx, and whatever
kept the answer away; everything else, redirects included, is final. Each attempt has a connection of its own, and
leaves nothing for the next: no pool to run dry, no cookies, no proxies from the environment.
"""

import logging
import os
import re
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Literal

import anyio
from pydantic import Field, SecretStr, field_validator

from prober.core.model import Notice
from prober.errors import DeliveryError
from prober.notifiers.base import Kind, Parcel, Receipt
from prober.notifiers.signing import MAX_BYTES, MIN_BYTES, PREFIX, secret_bytes, signature
from prober.notifiers.up_format import payload
from prober.options import ChannelOptions, Secret, mistake, show_duration
from prober.wire import tls
from prober.wire.httpx_lean import httpx
from prober.wire.request import FRAMING, NAME, NOT_A_VALUE, USER_AGENT
from prober.wire.url import parse

logger = logging.getLogger(__name__)

MAX_ANSWER_BYTES = 64 * 1024
RETRIED = frozenset({408, 425, 429, *range(500, 600)})
RESERVED = FRAMING | {"connection", "content-type", "webhook-id", "webhook-timestamp", "webhook-signature"}

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)
_EXPECTED_URL = 'an http or https URL such as "https://hooks.example.com/prober"'
_EXPECTED_SECRET = f'"{PREFIX}" and base64 of {MIN_BYTES} to {MAX_BYTES} bytes, such as `openssl rand -base64 32` makes'


class WebhookOptions(ChannelOptions):
    """The keys of a channel of kind webhook."""

    url: str = Field(repr=False)
    """Where notices are sent: an http or https URL."""
    format: Literal["up"] = "up"
    """The shape of the JSON."""
    secret: Secret | None = None
    """Signs every notice after Standard Webhooks."""
    headers: dict[str, str] = Field(default={}, repr=False)
    """More request headers, such as Authorization."""

    @field_validator("url", mode="before")
    @classmethod
    def _is_url(cls, value: object) -> object:
        # The value is never shown: such URLs hold tokens.
        if not isinstance(value, str):
            raise mistake(_EXPECTED_URL, f"a {type(value).__name__}")
        try:
            url = parse(value)
            httpx.URL(str(url))  # has limits of its own
        except (ValueError, httpx.InvalidURL) as error:
            raise mistake(_EXPECTED_URL, f"a text that is none: {error}") from None
        if url.userinfo is not None:
            raise mistake("no user name or password in the URL, use headers", "one of them")
        return value

    @field_validator("secret", mode="after")
    @classmethod
    def _is_secret(cls, value: SecretStr | None) -> SecretStr | None:
        try:
            if value is not None:
                secret_bytes(value.get_secret_value())
        except ValueError:
            raise mistake(_EXPECTED_SECRET, "another text") from None
        return value

    @field_validator("headers", mode="before")
    @classmethod
    def _are_headers(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            raise mistake('a table of texts such as {Authorization = "..."}', f"a {type(value).__name__}")
        for name, text in value.items():
            _check_header(name, text)
        return value

    def target(self) -> str:
        """Without the path, where many receivers want their token."""
        url = parse(self.url)
        return url.origin if url.path == "/" else f"{url.origin}/..."


def _check_header(name: object, value: object) -> None:
    """Values are never shown: they may be secrets."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise mistake('header names such as "X-Token"', f'"{name}"')
    if name.lower() in RESERVED:
        raise mistake(f"no header {name}, which prober sets by itself", f'"{name}"')
    if not isinstance(value, str):
        raise mistake(f"a text for the header {name}", f"a {type(value).__name__}")
    if NOT_A_VALUE.search(value):
        raise mistake(
            f"one line of text for the header {name}", "a text with a line break or another control character"
        )


class Webhook:
    """Sends one channel's notices."""

    def __init__(self, options: WebhookOptions) -> None:
        self._target = options.target()
        self._url = httpx.URL(str(parse(options.url)))
        self._timeout_ms = options.timeout
        self._key = secret_bytes(options.secret.get_secret_value()) if options.secret else None
        has_agent = any(name.lower() == "user-agent" for name in options.headers)
        agent = {} if has_agent else {"User-Agent": USER_AGENT}
        headers = {"Content-Type": "application/json", "Connection": "close", **agent, **options.headers}
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def send(self, parcel: Parcel) -> Receipt:
        """Send once. Raises DeliveryError, whatever has happened: a fault must never stop the outbox."""
        try:
            answer = await self._answer(self._request(parcel))
        except httpx.RequestError as error:
            raise self._failed(_trouble(error)) from error
        except Exception as error:
            logger.exception("%s: a notice could not be sent", self._target)
            raise self._failed(f"{type(error).__name__} in prober itself") from error
        if answer is None:
            raise self._failed(f"no answer within {show_duration(self._timeout_ms)}")
        return self._receipt(answer, parcel.sent_ms)

    async def aclose(self) -> None:
        """Nothing is held open."""

    def _request(self, parcel: Parcel) -> httpx.Request:
        body = payload(parcel)
        headers = [*self._headers, *self._signed(parcel.notice, parcel.sent_ms // 1000, body)]
        return httpx.Request("POST", self._url, headers=headers, content=body)

    def _signed(self, notice: Notice, sent_s: int, body: bytes) -> list[tuple[bytes, bytes]]:
        headers = [(b"webhook-id", notice.id.encode()), (b"webhook-timestamp", str(sent_s).encode())]
        if self._key is not None:
            headers.append((b"webhook-signature", signature(self._key, notice.id, sent_s, body).encode()))
        return headers

    async def _answer(self, request: httpx.Request) -> httpx.Response | None:
        """The answer's head; None if there was none before the deadline."""
        answer = None
        # Not httpx.AsyncClient, whose cookie jar and redirects a receiver could break for all later attempts.
        transport = httpx.AsyncHTTPTransport(verify=tls.context(True, None), trust_env=False)
        with anyio.move_on_after(self._timeout_ms / 1000):
            async with transport:
                answer = await transport.handle_async_request(request)
                await _read(answer)
        return answer

    def _receipt(self, answer: httpx.Response, sent_ms: int) -> Receipt:
        status = answer.status_code
        if 200 <= status < 300:
            return Receipt(status)
        if status not in RETRIED:
            hint = ", and redirects are not followed" if 300 <= status < 400 else ""
            raise DeliveryError(f"{self._target}: answered {status}{hint}", permanent=True, status=status)
        wish_s = retry_after_s(answer.headers.get("Retry-After", ""), sent_ms)
        raise DeliveryError(f"{self._target}: answered {status}", permanent=False, retry_after_s=wish_s, status=status)

    def _failed(self, why: str) -> DeliveryError:
        return DeliveryError(f"{self._target}: {why}", permanent=False)


def retry_after_s(text: str, now_ms: int) -> float | None:
    """What a Retry-After asks for, in seconds from now, not below 0; None if it is neither seconds nor an HTTP date."""
    if _SECONDS.fullmatch(text.strip()):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now_ms / 1000)
    except (ValueError, OverflowError):
        return None


async def _read(answer: httpx.Response) -> None:
    """Take a polite amount of the body: a receiver that is cut off while it answers would log an error of its own."""
    size = 0
    # A body that breaks off changes nothing: the status had arrived.
    with suppress(httpx.RequestError):
        async for chunk in answer.aiter_raw():
            size += len(chunk)
            if size >= MAX_ANSWER_BYTES:
                return


_TROUBLE = (
    (httpx.ConnectError, "no connection"),
    (httpx.RemoteProtocolError, "no HTTP answer"),
    (httpx.NetworkError, "the connection broke"),
)


def _trouble(error: httpx.RequestError) -> str:
    """The trouble in words, with the deepest reason that the system gives for it."""
    words = next((words for kind, words in _TROUBLE if isinstance(error, kind)), type(error).__name__)
    reason, cause = "", error.__cause__
    while cause is not None:
        if isinstance(cause, BaseExceptionGroup):
            cause = cause.exceptions[0]  # one for each address that was tried
        reason = _words(cause) or reason
        cause = cause.__cause__ or cause.__context__
    return f"{words}: {reason}" if reason else words


def _words(error: BaseException) -> str:
    """What the system or OpenSSL says of an error; "" if it says nothing."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {(error.reason or type(error).__name__).lower().replace('_', ' ')}"
    if isinstance(error, socket.gaierror):  # its errno is the resolver's, not the system's
        return str(error.strerror).lower()
    return os.strerror(error.errno).lower() if isinstance(error, OSError) and error.errno else ""


def build(options: ChannelOptions) -> Webhook:
    """The sender of one channel of kind webhook."""
    if not isinstance(options, WebhookOptions):
        raise TypeError(type(options).__name__)
    return Webhook(options)


KIND = Kind(options=WebhookOptions, build=build)
