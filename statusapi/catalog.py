"""What is made, changed and deleted through the API: accounts, sites, components, subscriptions, metrics.

What the configuration file declares is refused: the file wins, always. Whatever is asked for at once is written at once
or not at all, and holds when this returns.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from prober.core.made import Made
from prober.errors import StoreError
from prober.store.made import MadeObjects, Point
from statusapi.auth import Principal
from statusapi.problems import Problem, not_found

if TYPE_CHECKING:
    from prober.clock import Clock
    from prober.config import Config

MOST = 10_000  # objects of each kind
TABLES = ("accounts", "sites", "components", "subscriptions")


class Catalog:
    """The door for objects, as Orders is for incidents.

    remake: lets what was made hold everywhere.
    """

    def __init__(
        self, config: "Config", made: MadeObjects, clock: "Clock", remake: Callable[[], Awaitable[None]]
    ) -> None:
        self.config = config
        self.clock = clock
        self._made = made
        self._remake = remake

    def follow(self, config: "Config") -> None:
        """Another configuration holds."""
        self.config = config

    def made(self, section: str, id_: str) -> Made | None:
        """An object that was made; None if there is none of that id, or the file declares it."""
        return self.config.made.get((section, id_))

    def all(self, section: str) -> list[Made]:
        """What was made of a kind, oldest first."""
        return [made for (table, _), made in self.config.made.items() if table == section]

    def is_declared(self, section: str, id_: str) -> bool:
        """Whether the configuration file declares it."""
        return id_ in getattr(self.config, section, {}) and (section, id_) not in self.config.made

    def account_of(self, section: str, id_: str) -> str | None:
        """The account that owns an object, declared or made; None if there is no such object."""
        config, made = self.config, self.made(section, id_)
        if section == "accounts":
            return id_ if id_ in config.accounts else None
        if section == "subscriptions":
            return None if made is None else str(made.content["account"])
        site = id_ if section == "sites" else self._site_of(section, id_)
        return config.sites[site].account if site in config.sites else None

    def _site_of(self, section: str, id_: str) -> str:
        component = self.config.components.get(id_) if section == "components" else None
        if component is not None:
            return component.site
        made = self.made(section, id_)
        return "" if made is None else str(made.content.get("site", ""))

    def is_free(self, section: str, id_: str) -> bool:
        """Whether nothing of that kind has the id."""
        return id_ not in getattr(self.config, section, {}) and (section, id_) not in self.config.made

    def theirs(self, principal: Principal, section: str, id_: str) -> None:
        """Raises Problem unless the object is one that whoever asks may change."""
        account = self.account_of(section, id_)
        if account is None or not principal.may_see(account):
            raise not_found()
        if self.is_declared(section, id_):
            raise declared(section, id_)

    async def change(self, put: Sequence[Made] = (), dropped: Sequence[tuple[str, str]] = ()) -> None:
        """All of it at once, durably, and in force when this returns. Raises Problem."""
        for section in {made.section for made in put}:
            fresh = {made.id for made in put if made.section == section}
            if len(fresh | {made.id for made in self.all(section)}) > MOST:
                raise Problem(409, "too_many", f"There are {MOST} {section} already.")
        try:
            await self._made.change(put, dropped, self.clock.now_ms())
            await self._remake()
        except StoreError as error:
            raise unwritten(error) from None

    async def add_points(self, metric: str, points: Sequence[Point]) -> None:
        """Durably. Raises Problem."""
        try:
            await self._made.add_points(metric, points)
        except StoreError as error:
            raise unwritten(error) from None

    async def points(self, metric: str, from_ms: int, to_ms: int, limit: int) -> Sequence[Point]:
        """Of a metric that was made, oldest first. Raises Problem."""
        try:
            return await self._made.points(metric, from_ms, to_ms, limit)
        except StoreError as error:
            raise unwritten(error) from None

    async def probed(self, checks: Sequence[str], from_ms: int, to_ms: int, limit: int) -> Sequence[Point]:
        """How long the good answers of these checks took, in ms, oldest first. Raises Problem."""
        found: list[Point] = []
        try:
            for check in checks:
                found += await self._made.probed(check, from_ms, to_ms, limit)
        except StoreError as error:
            raise unwritten(error) from None
        return sorted(found)[-limit:]

    def after_account(self, id_: str) -> list[tuple[str, str]]:
        """What goes when an account goes: itself and all that was made of it. Raises Problem for what is declared."""
        sites = [site for site, found in self.config.sites.items() if found.account == id_]
        return [
            ("accounts", id_),
            *(one for site in sites for one in self.after_site(site)),
            *(("subscriptions", one.id) for one in self.all("subscriptions") if one.content["account"] == id_),
        ]

    def after_site(self, id_: str) -> list[tuple[str, str]]:
        """What goes when a site goes. Raises Problem if the file declares any of it."""
        if self.is_declared("sites", id_):
            raise declared("sites", id_)
        within = [one for section in ("components", "metrics") for one in self.all(section)]
        return [("sites", id_), *((one.section, one.id) for one in within if one.content["site"] == id_)]


def declared(section: str, id_: str) -> Problem:
    """What the file declares is changed there."""
    return Problem(409, "declared", f"{section}.{id_} is declared in the configuration file, and is changed there.")


def unwritten(error: StoreError) -> Problem:
    return Problem(503, "store", f"The store does not take it now: {error}.")


def merged(before: Made | None, fields: dict[str, Any]) -> dict[str, Any]:
    """The content with these fields in place of the old; what is None was not said."""
    old = {} if before is None else dict(before.content)
    return old | {key: value for key, value in fields.items() if value is not None}
