"""Readers who want to be told by mail: they ask on the page, confirm by a link in a mail, and leave by another.

1. Nobody learns whether a mailbox is known: whoever asks is answered the same.
2. Only a person's click confirms: a link that is opened shows a form, as programs open links in mails by themselves.
3. Whose the site is may see who has subscribed, and let one go.
"""

import re
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from prober.config import subscribable
from prober.errors import StoreError
from statusapi.auth import Principal, too_many
from statusapi.problems import Problem, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prober.clock import Clock
    from prober.config import Config
    from prober.store import Subscriber
    from prober.store.subscribers import Purpose, Subscribers
    from statusapi.limits import Limits

A_MINUTE = (5, 60)  # how often in how many seconds, from one address, or by one account
A_DAY = (100, 86_400)  # from one address
LINK_A_MINUTE = 30  # how often the links of a subscriber may be opened: each time the store is asked
LONGEST = 254  # characters of an address
# Without =?, which begins an encoded word: as such it would be read in the header of a mail.
_ADDRESS = re.compile(
    r"(?!.*=\?)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}", re.ASCII
)


class SubscriberFields(BaseModel):
    """Who is to be asked."""

    model_config = ConfigDict(extra="forbid", strict=True)

    site: str
    """The id of the site."""
    address: str
    """The address of the mailbox."""


class Readers:
    """What a reader may ask, and whose the site is."""

    def __init__(self, config: "Config", subscribers: "Subscribers", limits: "Limits", clock: "Clock") -> None:
        self._subscribers = subscribers
        self._limits = limits
        self._clock = clock
        self.follow(config)

    def follow(self, config: "Config") -> None:
        """Another configuration holds."""
        self._config = config
        self._open = subscribable(config)

    def is_open(self, site: str) -> bool:
        """Whether readers of that site may subscribe."""
        return site in self._open

    async def ask(self, site: str, address: str, asker: str) -> None:
        """The same as a reader. Raises Problem. asker: where that comes from."""
        await self._ask(site, address, {f"subscribe {asker}": A_MINUTE, f"subscribe daily {asker}": A_DAY})

    async def _ask(self, site: str, address: str, bounds: "Mapping[str, tuple[int, int]]") -> None:
        """Have a mailbox asked whether its owner wants to be told. Raises Problem."""
        if not self.is_open(site):
            raise not_found()
        address = address.strip().lower()
        if len(address) > LONGEST or not _ADDRESS.fullmatch(address):
            raise Problem(400, "address", "address: expected one such as you@example.com")
        for who, (most, within_s) in bounds.items():
            wait_s = self._limits.wait_s(who, most, within_s=within_s)
            if wait_s:
                raise too_many(wait_s)
        try:
            is_noted = await self._subscribers.ask(site, address, self._clock.now_ms())
        except StoreError:
            raise _unwritten() from None
        if not is_noted:
            raise Problem(503, "busy", "Too many have asked and not confirmed yet; try again tomorrow.")

    async def meant(self, purpose: "Purpose", site: str, token: str) -> "tuple[str, Subscriber | None]":
        """The id in a link, and whose it is, if it is still known. Raises Problem for one that is not of that site."""
        try:
            id_ = await self._subscribers.id_of(purpose, site, token)
            if id_ is None:
                raise Problem(404, "link", "This link is of no page here, or not whole: copy all of it from the mail.")
            wait_s = self._limits.wait_s(f"link of {id_}", LINK_A_MINUTE)
            if wait_s:
                raise too_many(wait_s)
            found = await self._subscribers.find(id_)
        except StoreError:
            raise _unwritten() from None
        return id_, found

    async def confirm(self, site: str, id_: str) -> "Subscriber | None":
        """It wants to be told; None if the link is too old, or nobody is told any more. Raises Problem."""
        if not self.is_open(site):
            return None
        try:
            return await self._subscribers.confirm(id_, self._clock.now_ms())
        except StoreError:
            raise _unwritten() from None

    async def leave(self, id_: str) -> None:
        """It is forgotten. Raises Problem."""
        try:
            await self._subscribers.leave(id_)
        except StoreError:
            raise _unwritten() from None

    async def listed(self, principal: Principal, site: str | None) -> list[dict[str, Any]]:
        """Those of its sites, in the order of their asking. Raises Problem."""
        try:
            found = await self._subscribers.all()
        except StoreError:
            raise _unwritten() from None
        return [told(one) for one in found if site in (None, one.site) and self._may_see(principal, one.site)]

    async def remove(self, principal: Principal, id_: str) -> dict[str, Any]:
        """Let one go; what it was. Raises Problem."""
        try:
            found = await self._subscribers.find(id_)
        except StoreError:
            raise _unwritten() from None
        if found is None or not self._may_see(principal, found.site):
            raise not_found()
        await self.leave(id_)
        return told(found)

    async def invite(self, principal: Principal, fields: SubscriberFields, asker: str) -> None:
        """Have a mailbox asked by whose site it is. Raises Problem."""
        if not self._may_see(principal, fields.site):
            raise not_found()
        await self._ask(fields.site, fields.address, {f"subscribe {asker}": A_MINUTE})

    def _may_see(self, principal: Principal, site: str) -> bool:
        found = self._config.sites.get(site)
        return principal.account is None or (found is not None and principal.may_see(found.account))


def told(one: "Subscriber") -> dict[str, Any]:
    """One of them. Moments are ms."""
    return {
        "id": one.id,
        "site": one.site,
        "address": one.address,
        "asked_ms": one.asked_ms,
        "confirmed_ms": one.confirmed_ms,
    }


def _unwritten() -> Problem:
    return Problem(503, "store", "The store does not take it now: try again in a minute.")
