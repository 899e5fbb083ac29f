"""Ways to authorize that take more than one request: Digest (RFC 7616) and OAuth2 client credentials (RFC 6749, 4.4).

Both are told to the origin of the check's URL only. A token server is not the target: when it fails, or does not
know us, nothing is known of the target, and the observation is *unknown*.
"""

import json
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import quote, urlencode

from prober.clock import Clock
from prober.core.reason import Reason
from prober.wire.failure import Failed
from prober.wire.http1 import Reading, Response
from prober.wire.request import TOKEN, basic

CHALLENGE = b"www-authenticate"

_MOST_BYTES = 64 * 1024
_SPARE = 0.1  # of a token's life: it is asked for anew before it ends
_SPARE_MS = 60_000
_NO_LIFE_S = 300  # of a token that does not tell its own
_LONGEST_S = 86_400

READING = Reading(frozenset(range(200, 600)), False, b"", _MOST_BYTES, keep=True)
"""How a token server's answer is read."""


class Client(NamedTuple):
    """Who we are to a token server."""

    url: str
    id: str
    secret: str
    scope: str | None


class Tokens:
    """The token of one check, kept from one probe to the next until its life ends or the target refuses it."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._token: str | None = None
        self._until_ns = 0

    @property
    def headers(self) -> dict[str, str]:
        """Of the request for a token."""
        userinfo = f"{quote(self._client.id, safe='')}:{quote(self._client.secret, safe='')}"
        return {
            "Authorization": basic(userinfo.encode()),
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }

    @property
    def body(self) -> bytes:
        """Of the request for a token."""
        scope = {} if self._client.scope is None else {"scope": self._client.scope}
        return urlencode({"grant_type": "client_credentials"} | scope).encode()

    def forget(self) -> None:
        """The target does not take it."""
        self._token = None

    async def token(self, ask: Callable[[], Awaitable[Response]]) -> str:
        """The token that holds, asked for if there is none. Raises Failed, which is never the target's."""
        if self._token is None or self._clock.monotonic_ns() >= self._until_ns:
            self._token = None
            try:
                response = await ask()
            except Failed as failed:
                raise Failed(Reason.SELF_TOKEN, f"asking the token server: {failed.detail}") from None
            self._take(response)
        assert self._token is not None
        return self._token

    def _take(self, response: Response) -> None:
        said = _document(response.content)
        if response.status != 200:
            error = said.get("error")
            told = f" ({error})" if isinstance(error, str) and TOKEN.fullmatch(error) else ""
            reason = Reason.CONFIG_TOKEN if response.status in (400, 401, 403) else Reason.SELF_TOKEN
            raise Failed(reason, f"the token server answers with status {response.status}{told}")
        token, life_s = said.get("access_token"), said.get("expires_in", _NO_LIFE_S)
        if not isinstance(token, str) or not TOKEN.fullmatch(token):
            raise Failed(Reason.SELF_TOKEN, "the token server's answer holds no token")
        if isinstance(life_s, bool) or not isinstance(life_s, int | float) or not life_s > 0:
            life_s = _NO_LIFE_S
        life_ms = int(min(life_s, _LONGEST_S) * 1000)
        self._token = token
        self._until_ns = self._clock.monotonic_ns() + (life_ms - min(int(life_ms * _SPARE), _SPARE_MS)) * 1_000_000


def _document(content: bytes) -> dict[str, object]:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def digest(userinfo: bytes, method: str, url: str, challenges: list[bytes]) -> str | None:
    """The value of Authorization that answers a challenge; None if none of them can be answered.

    url: without userinfo. The nonce is used once: each probe is challenged anew.
    """
    from prober.wire.httpx_lean import httpx

    name, _, password = userinfo.partition(b":")
    for challenge in challenges:
        if not challenge.lower().startswith(b"digest "):
            continue
        flow = httpx.DigestAuth(name, password).sync_auth_flow(httpx.Request(method, url))
        asked = next(flow)
        try:
            answered = flow.send(httpx.Response(401, headers=[(CHALLENGE, challenge)], request=asked))
        except (StopIteration, httpx.ProtocolError, NotImplementedError, LookupError, ValueError):
            continue
        return str(answered.headers["Authorization"])
    return None
