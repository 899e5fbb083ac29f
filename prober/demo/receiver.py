"""A webhook receiver that checks signatures and tells each notice in one line."""

import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from prober.clock import Clock
from prober.notifiers.signing import secret_bytes, signature

MAX_BYTES = 1024 * 1024


class Receiver:
    """Answers 204 to a notice in the `up` format, 400 to anything else, 401 if the signature does not fit.

    tell: is called with one line for each notice. secret: "whsec_...". count: notices taken so far.
    """

    def __init__(self, tell: Callable[[str], None], secret: str, clock: Clock) -> None:
        self._tell = tell
        self._key = secret_bytes(secret)
        self._clock = clock
        self.count = 0
        self.app = Starlette(routes=[Route("/", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BYTES:
                return PlainTextResponse("too large\n", 413)
        if not self._is_signed(request.headers, body):
            return PlainTextResponse("the signature does not fit\n", 401)
        try:
            told = line(json.loads(body))
        except (ValueError, KeyError, TypeError, RecursionError):
            return PlainTextResponse("not a notice\n", 400)
        self.count += 1
        at = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC).astimezone()
        self._tell(f"{at:%H:%M:%S}  {told}")
        return Response(status_code=204)

    def _is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        sent = headers.get("webhook-timestamp", "")
        if not sent.isdecimal() or len(sent) > len("1700000000"):
            return False
        wanted = signature(self._key, headers.get("webhook-id", ""), int(sent), body)
        return hmac.compare_digest(wanted.encode(), headers.get("webhook-signature", "").encode())


def line(notice: Mapping[str, Any]) -> str:
    """A notice in a few words: INCIDENT  API is down  INVESTIGATING. KeyError or TypeError if it is none."""
    if "incident" in notice:
        kind, about, status = "INCIDENT", notice["incident"], notice["incident"]["status"]
    elif "maintenance" in notice:
        kind, about, status = "MAINTENANCE", notice["maintenance"], notice["maintenance"]["status"]
    else:
        kind, about, status = "COMPONENT", notice["component"], notice["component_update"]["new_status"]
    return _printable(f"{kind:<11}  {about['name']:<32}  {status}")


def _printable(text: str) -> str:
    """The text without what could disturb a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)
