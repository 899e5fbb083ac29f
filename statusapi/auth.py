"""Who is asking: a key yields a principal. One authenticator for all dialects; each reads its own header only.

Keys are kept as digests only. They are found by their digest and then compared in constant time: how long that takes
tells something of a digest at most, which nobody can choose. Whoever fails is slowed, by the address that he comes
from, and logged without what he said.
"""

import hashlib
import hmac
import logging
import secrets
from base64 import b64decode
from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from starlette.requests import Request

from prober.errors import StoreError
from prober.store.keys import KeyRow
from statusapi.limits import FAILURES_A_MINUTE, Limits
from statusapi.problems import Problem

if TYPE_CHECKING:
    from prober.clock import Clock
    from prober.config import Config
    from prober.store.keys import Keys

logger = logging.getLogger(__name__)

ADMIN = "admin"  # the name of who has the admin's key
KEY_BYTES = 20  # 40 hexadecimal digits, which every dialect can carry
LOCAL = "prober.local"  # in the scope of a request: it came by the control socket, whose file says who may
NOTED_EVERY_MS = 60_000  # how exactly the last use of a key is known


class Scope(IntEnum):
    """What a key is good for; each includes those before it."""

    READ = 1
    WRITE = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        return self.name.lower()


class Principal(NamedTuple):
    """Who a key belongs to. account: the one it opens; None = the admin, who opens all of them."""

    account: str | None
    scope: Scope = Scope.ADMIN

    @property
    def is_admin(self) -> bool:
        return self.account is None

    def may_see(self, account: str | None) -> bool:
        """Whether what belongs to that account is theirs to see."""
        return self.is_admin or self.account == account


class _Known(NamedTuple):
    """A key that opens something. row: None if it stands in the configuration."""

    digest: bytes
    principal: Principal
    row: KeyRow | None = None


class Auth:
    """The keys of the configuration and those that were made, who may enter with them, and how often."""

    def __init__(
        self, config: "Config", clock: "Clock", limits: Limits, keys: "Keys | None" = None, rows: Iterable[KeyRow] = ()
    ) -> None:
        self._clock = clock
        self._limits = limits
        self._keys = keys
        self._declared: dict[bytes, _Known] = {}
        self._made: dict[bytes, _Known] = {}
        self._noted_ms: dict[str, int] = {}
        self.follow(config)
        for row in rows:
            self.know(row)

    def follow(self, config: "Config") -> None:
        """Another configuration holds."""
        self._config = config
        self._has_private_sites = any(site.private for site in config.sites.values())
        found = [(config.daemon.admin_key, Principal(None))]
        found += [(account.key, Principal(id_)) for id_, account in config.accounts.items()]
        self._declared = {
            digest: _Known(digest, principal)
            for key, principal in reversed(found)
            if key is not None
            for digest in (digest_of(key.get_secret_value()),)
        }

    def know(self, row: KeyRow) -> None:
        """A key was made, or is another than before."""
        self._made[row.digest] = _Known(row.digest, Principal(row.account, Scope[row.scope.upper()]), row)

    @property
    def rows(self) -> list[KeyRow]:
        """The keys that were made, oldest first."""
        return [known.row for known in self._made.values() if known.row is not None]

    def principal(self, key: str | None) -> Principal | None:
        """Whose key it is; None for no key, for one that nobody has, and for one that is over."""
        known = self._known(key)
        return None if known is None else known.principal

    def still_is(self, request: Request, principal: Principal) -> bool:
        """Whether who was admitted with this request would be by now, for answers that take long."""
        return LOCAL in request.scope or self.principal(bearer(request)) == principal

    async def admitted(
        self, request: Request, key: str | None, refusal: Problem, needs: Scope, owner: str | None = None
    ) -> Principal:
        """Who asks. Raises Problem: the refusal if it is nobody, 403 if the key is good for less, 429 for too much.

        owner: whose key it is said to be, an account's id or "admin"; None if that is not said.
        """
        if LOCAL in request.scope:
            return Principal(None)
        address = self._limits.address(request)
        self.limit(f"failures of {address}", FAILURES_A_MINUTE, cost=0)
        known = self._known(key)
        if known is not None and owner not in (None, known.principal.account or ADMIN):
            known = None
        if known is None:
            if key:
                self._note_failure(address)
            raise refusal
        self.limit(f"key {known.digest.hex()}", self._config.daemon.rate_per_key)
        if known.principal.scope < needs:
            raise Problem(403, "scope", f"This key is good for less: expected the scope {needs.word}.")
        await self._note_use(known)
        return known.principal

    def shows_metrics_key(self, request: Request) -> bool:
        """Whether a request shows the key of the metrics. Raises Problem if too many keys have failed from there."""
        if LOCAL in request.scope:
            return True
        expected, shown = self._config.daemon.metrics_key, bearer(request)
        if expected is None:
            return False
        self.limit(f"failures of {self._limits.address(request)}", FAILURES_A_MINUTE, cost=0)
        return shown is not None and hmac.compare_digest(digest_of(shown), digest_of(expected.get_secret_value()))

    def admit_scrape(self, request: Request) -> None:
        """Raises Problem for whoever must show the key of the metrics and does not; another one is a failure."""
        if self._config.daemon.metrics_key is None or self.shows_metrics_key(request):
            return
        if bearer(request):
            self._note_failure(self._limits.address(request))
        text = "Expected Authorization: Bearer <prober.metrics_key>."
        raise Problem(401, "authorization", text, {"WWW-Authenticate": "Bearer"})

    @property
    def has_private_sites(self) -> bool:
        return self._has_private_sites

    def is_private(self, site: str) -> bool:
        """Whether the page is for those only who have a key of its account, or its password."""
        found = self._config.sites.get(site)
        return found is not None and found.private

    async def admit_reader(self, request: Request, site: str) -> None:
        """Raises Problem for whoever shows neither the site's password nor a key that opens it."""
        if LOCAL in request.scope:
            return
        self.limit(f"failures of {self._limits.address(request)}", FAILURES_A_MINUTE, cost=0)
        found, shown = self._config.sites[site], told_key(request)
        password = None if found.password is None else found.password.get_secret_value()
        if shown and password is not None and hmac.compare_digest(digest_of(shown), digest_of(password)):
            return
        headers = {"WWW-Authenticate": f'Basic realm="{site}", charset="UTF-8"'}
        refusal = Problem(401, "authorization", "This page is not public: expected its password, or a key.", headers)
        principal = await self.admitted(request, shown, refusal, Scope.READ)
        if not principal.may_see(found.account):
            raise refusal

    def _note_failure(self, address: str) -> None:
        self._limits.wait_s(f"failures of {address}", FAILURES_A_MINUTE)
        logger.warning("a key that nobody has was refused to %s", address)

    def limit(self, who: str, per_minute: int, cost: int = 1) -> None:
        """Count one more of that. Raises Problem if there were so many within a minute. cost: 0 only looks."""
        wait_s = self._limits.wait_s(who, per_minute, cost)
        if wait_s:
            raise too_many(wait_s)

    def _known(self, key: str | None) -> _Known | None:
        digest = digest_of(key or "")
        known = self._declared.get(digest) or self._made.get(digest)
        if known is None or not key or not hmac.compare_digest(known.digest, digest):
            return None
        account = known.principal.account
        is_live = known.row is None or known.row.is_live(self._clock.now_ms())
        return known if is_live and (account is None or account in self._config.accounts) else None

    async def _note_use(self, known: _Known) -> None:
        row, now_ms = known.row, self._clock.now_ms()
        if row is None or self._keys is None or now_ms - self._noted_ms.get(row.id, 0) < NOTED_EVERY_MS:
            return
        self._noted_ms[row.id] = now_ms
        self.know(row._replace(used_ms=now_ms))
        try:
            await self._keys.use(row.id, now_ms)
        except StoreError as error:
            logger.warning("the use of a key could not be noted: %s", error)


def too_many(wait_s: int) -> Problem:
    """Somebody asks too often; in so many seconds he may ask again."""
    text = f"There are too many requests: expected the next one in {wait_s} s."
    return Problem(429, "too_many", text, {"Retry-After": str(wait_s)})


def needed(request: Request) -> Scope:
    """What a key must be good for: reading for what changes nothing, else writing."""
    return Scope.READ if request.method in ("GET", "HEAD", "OPTIONS") else Scope.WRITE


def bearer(request: Request) -> str | None:
    """The key of `Authorization: Bearer <key>`."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


def told_key(request: Request) -> str | None:
    """The key or password of a reader: of `Authorization: Basic`, whatever the name, of `Bearer`, or bare."""
    scheme, _, rest = request.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() != "basic":
        return rest.strip() or scheme or None
    try:
        return b64decode(rest.strip(), validate=True).decode().partition(":")[2] or None
    except ValueError:
        return None


def no_bearer() -> Problem:
    text = "Expected a known key in the header Authorization: Bearer <key>."
    return Problem(401, "authorization", text, {"WWW-Authenticate": "Bearer"})


def new_key() -> str:
    """A key that nobody can guess: 40 hexadecimal digits."""
    return secrets.token_hex(KEY_BYTES)


def new_id() -> str:
    """A name for a key, which opens nothing."""
    return secrets.token_hex(6)


def digest_of(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
