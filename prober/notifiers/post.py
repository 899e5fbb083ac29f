"""How a notice goes over HTTP, whatever its kind: one POST, one deadline, and what the answer means.

The status is the receiver's answer: 2xx means delivered. Worth trying again are 408, 425, 429, 5xx, and whatever
kept the answer away; everything else, redirects included, is final. Each attempt has a connection of its own, and
leaves nothing for the next: no pool to run dry, no cookies, no proxies from the environment.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import anyio
from pydantic import SecretStr

from prober.errors import DeliveryError
from prober.notifiers import guarded
from prober.notifiers.base import Parcel, Receipt
from prober.notifiers.trouble import deepest_reason, failed, late, one_line, own_faults
from prober.options import ChannelOptions
from prober.wire import tls
from prober.wire.guard import ForbiddenAddress, Guard
from prober.wire.httpx_lean import httpx
from prober.wire.request import USER_AGENT
from prober.wire.url import parse

MAX_ANSWER_BYTES = 64 * 1024
RETRIED = frozenset({408, 425, 429, *range(500, 600)})

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)
_MOMENT = re.compile(r"[0-9]{1,12}", re.ASCII)
_HEADERS = {"Content-Type": "application/json", "Connection": "close", "User-Agent": USER_AGENT}


class Letter(NamedTuple):
    """What is posted: JSON to a URL. headers: besides those that every letter has, or in their place."""

    url: str
    body: bytes
    headers: Sequence[tuple[str, str]] = ()
    verb: str = "POST"


class Answer(NamedTuple):
    """What came back.

    body: as much of it as was to be read, maybe broken off. opens: what stands in the header that says when.
    """

    status: int
    retry_after: str
    body: bytes
    opens: str = ""


def _silent(_body: bytes) -> str:
    return ""


def _patient(_body: bytes) -> float | None:
    return None


class Manners(NamedTuple):
    """What a service says in the bodies of its answers.

    complaint: why it refused, in its own words; "" if it does not say. wish_s: in how many seconds it wants to be
    asked again, None if only its headers know. denies: whether a 2xx with this body was no success after all.
    opens_header: which header says, in seconds since 1970, from when on it may be asked again; "" if none does.
    """

    complaint: Callable[[bytes], str] = _silent
    wish_s: Callable[[bytes], float | None] = _patient
    denies: Callable[[bytes], bool] = lambda body: False
    opens_header: str = ""


NO_MANNERS = Manners()
"""Of its answers, only status and headers count."""


class Post:
    """Sends one channel's notices by POST.

    letter: what to post for a parcel; None if this kind has nothing to say of it. guard: where it may lead; None =
    anywhere, since the operator chose it.
    """

    def __init__(
        self,
        options: ChannelOptions,
        letter: Callable[[Parcel], Letter | None],
        manners: Manners = NO_MANNERS,
        guard: Guard | None = None,
    ) -> None:
        self._target = options.target()
        self._timeout_ms = options.timeout
        self._letter = letter
        self._manners = manners
        self._guard = guard
        self._secrets = _secrets(options)

    async def send(self, parcel: Parcel) -> Receipt:
        """Send once. Raises DeliveryError, whatever has happened: a fault must never stop the outbox."""
        with own_faults(self._target):
            letter = self._letter(parcel)
        if letter is None:
            return Receipt(detail="nothing to send")
        return Receipt((await self.ask(letter, parcel.sent_ms)).status)

    async def ask(
        self, letter: Letter, sent_ms: int, until_s: float = math.inf, most: int = MAX_ANSWER_BYTES
    ) -> Answer:
        """The answer to one request, if it is a good one. Raises DeliveryError, whatever has happened.

        until_s: when an attempt of several requests ends, by anyio's clock. most: bytes of the answer.
        """
        with own_faults(self._target):
            try:
                answer = await self._answer(_request(letter), until_s, most)
            except httpx.RequestError as error:
                raise failed(self._target, _trouble(error)) from error
            except ForbiddenAddress as error:
                raise failed(self._target, str(error)) from error
        if answer is None:
            raise late(self._target, self._timeout_ms)
        self._judge(answer, sent_ms)
        return answer

    async def aclose(self) -> None:
        """Nothing is held open."""

    async def _answer(self, request: httpx.Request, until_s: float, most: int) -> Answer | None:
        """The answer; None if not even its head came before the deadline."""
        answer, body = None, bytearray()
        # Not httpx.AsyncClient, whose cookie jar and redirects a receiver could break for all later attempts.
        context = tls.context(True, None)
        if self._guard is None:
            transport = httpx.AsyncHTTPTransport(verify=context, trust_env=False)
        else:
            transport = guarded.transport(self._guard, context)
        until_s = min(until_s, anyio.current_time() + self._timeout_ms / 1000)
        with anyio.CancelScope(deadline=until_s):
            async with transport:
                answer = await transport.handle_async_request(request)
                await _read(answer, body, most)
        if answer is None:
            return None
        headers, opens = answer.headers, self._manners.opens_header
        return Answer(
            answer.status_code, headers.get("Retry-After", ""), bytes(body), headers.get(opens, "") if opens else ""
        )

    def _judge(self, answer: Answer, sent_ms: int) -> None:
        """Raises DeliveryError unless it is a good answer."""
        status = answer.status
        is_success = 200 <= status < 300
        if is_success and not self._manners.denies(answer.body):
            return
        told = f"{self._target}: answered {status}{self._complaint(answer)}"
        if status not in RETRIED and not is_success:
            raise DeliveryError(told, permanent=True, status=status)
        wish_s = self._manners.wish_s(answer.body)
        if wish_s is None:
            wish_s = retry_after_s(answer.retry_after, sent_ms)
        if wish_s is None and _MOMENT.fullmatch(answer.opens):
            wish_s = max(0.0, int(answer.opens) - sent_ms / 1000)
        raise DeliveryError(told, permanent=False, retry_after_s=wish_s, status=status)

    def _complaint(self, answer: Answer) -> str:
        if 300 <= answer.status < 400:
            return ", and redirects are not followed"
        words = one_line(self._manners.complaint(answer.body))
        has_secret = any(secret in words for secret in self._secrets)
        return f": {words}" if words and not has_secret else ""


def _request(letter: Letter) -> httpx.Request:
    own = {name.lower() for name, _ in letter.headers}
    headers = [*((name, value) for name, value in _HEADERS.items() if name.lower() not in own), *letter.headers]
    encoded = [(name.encode(), value.encode()) for name, value in headers]
    return httpx.Request(letter.verb, httpx.URL(str(parse(letter.url))), headers=encoded, content=letter.body)


def _secrets(options: ChannelOptions) -> frozenset[str]:
    """What an answer may repeat and no error may: secret keys, and the parts of what else is hidden."""
    found = set()
    for key, field in type(options).model_fields.items():
        value = getattr(options, key)
        if isinstance(value, SecretStr):
            found.add(value.get_secret_value())
        elif not field.repr:
            texts = value.values() if isinstance(value, Mapping) else [parse(value).path]
            found.update(part for text in texts for part in re.findall(r"[^\s/?&=]{4,}", text))
    return frozenset(found)


def said(body: bytes, *path: str) -> Any:
    """What stands at that place of a JSON answer; None if nothing does, or the answer is no JSON."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def said_text(body: bytes, *path: str) -> str:
    """The text at that place; "" if there is none."""
    found = said(body, *path)
    return found if isinstance(found, str) else ""


def said_seconds(body: bytes, *path: str) -> float | None:
    """The number of seconds at that place, not below 0; None if there is none."""
    found = said(body, *path)
    is_number = isinstance(found, (int, float)) and not isinstance(found, bool)
    return float(found) if is_number and 0 <= found < 10**9 else None


def retry_after_s(text: str, now_ms: int) -> float | None:
    """What a Retry-After asks for, in seconds from now, not below 0; None if it is neither seconds nor an HTTP date."""
    if _SECONDS.fullmatch(text.strip()):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now_ms / 1000)
    except (ValueError, OverflowError):
        return None


async def _read(answer: httpx.Response, body: bytearray, most: int) -> None:
    """Take a polite amount of the body: a receiver that is cut off while it answers would log an error of its own."""
    # A body that breaks off changes nothing: the status had arrived.
    with suppress(httpx.RequestError):
        async for chunk in answer.aiter_raw():
            body += chunk[: most - len(body)]
            if len(body) >= most:
                return


_TROUBLE = (
    (httpx.ConnectError, "no connection"),
    (httpx.RemoteProtocolError, "no HTTP answer"),
    (httpx.NetworkError, "the connection broke"),
)


def _trouble(error: httpx.RequestError) -> str:
    """The trouble in words, with the deepest reason that the system gives for it."""
    words = next((words for kind, words in _TROUBLE if isinstance(error, kind)), type(error).__name__)
    reason = deepest_reason(error.__cause__)
    return f"{words}: {reason}" if reason else words
