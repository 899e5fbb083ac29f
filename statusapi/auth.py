"""Who is asking: a key yields a principal. Keys are kept as digests only and compared in constant time."""

import hashlib
import hmac
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from prober.config import Config


class Principal(NamedTuple):
    """Who a key belongs to. account: the one it opens; None = the admin, who opens all of them."""

    account: str | None

    @property
    def is_admin(self) -> bool:
        return self.account is None

    def may_see(self, account: str | None) -> bool:
        """Whether what belongs to that account is theirs to see."""
        return self.is_admin or self.account == account


class Auth:
    """The keys of the configuration."""

    def __init__(self, config: "Config") -> None:
        self._known: list[tuple[bytes, Principal]] = []
        if config.daemon.admin_key is not None:
            self._known.append((_digest(config.daemon.admin_key.get_secret_value()), Principal(None)))
        for id_, account in config.accounts.items():
            if account.key is not None:
                self._known.append((_digest(account.key.get_secret_value()), Principal(id_)))

    def principal(self, key: str | None) -> Principal | None:
        """Whose key it is; None for no key and for one that nobody has. Takes as long for any key."""
        digest = _digest(key or "")
        found = None
        for known, principal in self._known:
            if hmac.compare_digest(known, digest):
                found = principal
        return found if key else None


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
