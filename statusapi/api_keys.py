"""Keys that are made, rotated and revoked while the daemon runs. A key is told once, to whom made it."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from prober.errors import StoreError
from prober.options import DurationMs, Name
from prober.store.keys import KeyRow
from statusapi.auth import Auth, Principal, digest_of, new_id, new_key
from statusapi.problems import Problem, not_found

if TYPE_CHECKING:
    from prober.clock import Clock
    from prober.config import Config
    from prober.store.keys import Keys

MOST = 100  # live keys of an account


class KeyFields(BaseModel):
    """A key to be made. account: what it opens; an account's own without it, and of the admin's every one.

    instead_of: the id of a key that is revoked by it.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    name: Name
    account: str | None = None
    scope: Literal["read", "write", "admin"] = "write"
    expires_in: DurationMs | None = None
    instead_of: str | None = None


class ApiKeys:
    """Makes and revokes; whoever asks must have been admitted to do so."""

    def __init__(self, config: "Config", auth: Auth, keys: "Keys", clock: "Clock") -> None:
        self._config = config
        self._auth = auth
        self._keys = keys
        self._clock = clock

    def follow(self, config: "Config") -> None:
        """Another configuration holds."""
        self._config = config

    def listed(self, principal: Principal) -> list[KeyRow]:
        """The keys of whoever asks, newest first, those that are over as well."""
        return [row for row in reversed(self._auth.rows) if principal.may_see(row.account)]

    async def create(self, principal: Principal, fields: KeyFields) -> tuple[KeyRow, str]:
        """A new key and what it is, which nobody is ever told again. Raises Problem."""
        account = principal.account if fields.account is None else fields.account
        if account is not None and (account not in self._config.accounts or not principal.may_see(account)):
            raise Problem(400, "field", "account: expected one of your accounts")
        now_ms = self._clock.now_ms()
        before = None if fields.instead_of is None else self._theirs(principal, fields.instead_of)
        if sum(row.account == account and row.is_live(now_ms) for row in self._auth.rows) >= MOST:
            raise Problem(409, "too_many_keys", f"There are {MOST} live keys already: revoke one first.")
        expires_ms = None if fields.expires_in is None else now_ms + fields.expires_in
        key = new_key()
        row = KeyRow(new_id(), account, fields.name, fields.scope, digest_of(key), now_ms, expires_ms)
        await _written(self._keys.add(row, fields.instead_of))
        self._auth.know(row)
        if before is not None and before.revoked_ms is None:
            self._auth.know(before._replace(revoked_ms=now_ms))
        return row, key

    async def revoke(self, principal: Principal, id_: str) -> KeyRow:
        """Let a key open nothing any more; of one that is over already nothing changes. Raises Problem."""
        row = self._theirs(principal, id_)
        if row.revoked_ms is None:
            row = row._replace(revoked_ms=self._clock.now_ms())
            await _written(self._keys.revoke(row.id, row.revoked_ms or 0))
            self._auth.know(row)
        return row

    def _theirs(self, principal: Principal, id_: str) -> KeyRow:
        for row in self._auth.rows:
            if row.id == id_ and principal.may_see(row.account):
                return row
        raise not_found()


async def _written(write: Awaitable[None]) -> None:
    try:
        await write
    except StoreError as error:
        raise Problem(503, "store", f"It can't be written now: {error}.") from None
