"""How a notice goes over HTTP, whatever its kind: one POST, one deadline, and what the answer means.

The status is the receiver's answer: 2xx means delivered. Worth trying again are 408, 425, 429, 5xx, and whatever
kept the answer away; everything else, redirects included, is final. Each attempt has a connection of its own, and
leaves nothing for the next: no pool to run dry, no cookies, no proxies from the environment.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import anyio
from pydantic import SecretStr

from prober.core.reason import Reason
from prober.errors import DeliveryError
from prober.notifiers.base import Parcel, Receipt
from prober.notifiers.trouble import deepest_reason, failed, late, one_line, own_faults
from prober.options import ChannelOptions
from prober.wire.failure import Failed
from prober.wire.guard import ForbiddenAddress, Guard, look_up
from prober.wire.http1 import Response
from prober.wire.posted import MAX_ANSWER_BYTES, posted, reading, written
from prober.wire.request import USER_AGENT
from prober.wire.url import parse

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
    anywhere, since the operator chose it. ca: the PEM file with the authorities to trust instead of the system's.
    """

    def __init__(
        self,
        options: ChannelOptions,
        letter: Callable[[Parcel], Letter | None],
        manners: Manners = NO_MANNERS,
        guard: Guard | None = None,
        ca: str | None = None,
    ) -> None:
        self._target = options.target()
        self._timeout_ms = options.timeout
        self._letter = letter
        self._manners = manners
        self._guard = guard
        self._ca = ca
        self._reading = reading("Retry-After", manners.opens_header)
        self._timeout_s = options.timeout / 1000
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
                answer = await self._answer(letter, until_s, most)
            except (OSError, Failed, ForbiddenAddress) as error:
                raise failed(self._target, _trouble(error)) from error
        if answer is None:
            raise late(self._target, self._timeout_ms)
        self._judge(answer, sent_ms)
        return answer

    async def aclose(self) -> None:
        """Nothing is held open."""

    async def _answer(self, letter: Letter, until_s: float, most: int) -> Answer | None:
        """The answer; None if not even its head came before the deadline."""
        url, find = parse(letter.url), look_up if self._guard is None else self._guard.addresses
        wire = written(url, _headers(letter), letter.body, letter.verb)
        timeout_s = min(self._timeout_s, until_s - anyio.current_time())
        answer = await posted(url, wire, self._reading._replace(limit=most), find, timeout_s, self._ca)
        if answer is None:
            return None
        opens = _field(answer, self._manners.opens_header)
        return Answer(answer.status, _field(answer, "Retry-After"), answer.content, opens)

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


def _headers(letter: Letter) -> list[tuple[str, str]]:
    own = {name.lower() for name, _ in letter.headers}
    return [*((name, value) for name, value in _HEADERS.items() if name.lower() not in own), *letter.headers]


def _field(answer: Response, name: str) -> str:
    """The first value of a header; "" if it has none."""
    values = answer.fields.get(name.lower().encode(), ())
    return next((value.decode("latin-1").strip() for value in values), "")


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


def _trouble(error: OSError | Failed | ForbiddenAddress) -> str:
    """The trouble in words, with the reason that the system or OpenSSL gives for it."""
    if isinstance(error, OSError):
        return f"no connection: {deepest_reason(error) or error}"
    if isinstance(error, ForbiddenAddress):
        return str(error)
    if error.reason is Reason.CONNECT_RESET:
        return error.detail
    words = "no connection" if error.reason.startswith("tls_") else "no HTTP answer"
    return f"{words}: {error.detail}"
