"""The configuration with what was made through the API beside what the file declares.

The file comes first: an object whose id the file declares by now, or whose account, site or component is gone, is left
out and named. Its row stays, so that it is back when the file allows it again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from prober.config.config import Config
from prober.config.models import Account, Component, Site, Subscription
from prober.core.made import Made
from prober.core.model import Status
from prober.options import ChannelOptions, Options

MakeChannel = Callable[[Mapping[str, Any]], ChannelOptions]

PREFIX = "api:"  # of the channel of a subscription that was made


def with_made(config: Config, made: Iterable[Made], channel: MakeChannel) -> tuple[Config, list[str]]:
    """What holds, and what was left out, a sentence each. channel: the options of a callback."""
    merged = _Merged(config, channel)
    for one in sorted(made, key=lambda one: (_ORDER.index(one.section), one.num)):
        try:
            merged.add(one)
        except (ValidationError, ValueError) as error:
            merged.left_out.append(f"{one.section}.{one.id}, made through the API, is left out: {_why(error)}")
    return merged.config(), merged.left_out


def declared(config: Config, section: str) -> Mapping[str, Options]:
    """What the file itself declares of a table."""
    found: Mapping[str, Options] = getattr(config, section, {})
    return {id_: one for id_, one in found.items() if (section, id_) not in config.made}


def operators_channels(config: Config) -> list[str]:
    """Those that were not made through the API."""
    return [id_ for id_ in config.channels if not id_.startswith(PREFIX)]


_ORDER = ("accounts", "sites", "components", "subscriptions", "metrics", "events", "deleted")


class _Merged:
    def __init__(self, config: Config, channel: MakeChannel) -> None:
        self._config = config
        self._channel = channel
        self.left_out: list[str] = []
        self.accounts = dict(config.accounts)
        self.sites = dict(config.sites)
        self.components = dict(config.components)
        self.channels = dict(config.channels)
        self.subscriptions = dict(config.subscriptions)
        self.stated: dict[str, Status] = {}
        self.made: dict[tuple[str, str], Made] = {}

    def config(self) -> Config:
        return replace(
            self._config,
            accounts=MappingProxyType(self.accounts),
            sites=MappingProxyType(self.sites),
            components=MappingProxyType(self.components),
            channels=MappingProxyType(self.channels),
            subscriptions=MappingProxyType(self.subscriptions),
            stated=MappingProxyType(self.stated),
            made=MappingProxyType(self.made),
        )

    def add(self, one: Made) -> None:
        if one.id in getattr(self, one.section, {}):
            raise ValueError("its id is declared in the configuration file")
        add = getattr(self, f"_add_{one.section}", None)
        if add is not None:
            add(one)
        self.made[one.section, one.id] = one

    def _add_accounts(self, one: Made) -> None:
        self.accounts[one.id] = Account(name=one.content["name"])

    def _add_sites(self, one: Made) -> None:
        account = _known(self.accounts, one.content["account"], "account")
        url = one.content.get("url") or f"http://{self._config.daemon.public}/s/{one.id}"
        text = one.content.get("description", "")
        self.sites[one.id] = Site(name=one.content["name"], url=url, account=account, description=text)

    def _add_components(self, one: Made) -> None:
        site = _known(self.sites, one.content["site"], "site")
        self.components[one.id] = Component(
            name=one.content["name"],
            site=site,
            description=one.content.get("description", ""),
            open_incident_at="never",  # what a person states is told by a person
        )
        self.stated[one.id] = Status(one.content.get("status", Status.OPERATIONAL))

    def _add_subscriptions(self, one: Made) -> None:
        content = one.content
        account = _known(self.accounts, content["account"], "account")
        theirs = [id_ for id_, site in self.sites.items() if site.account == account]
        sites = [id_ for id_ in content.get("sites") or theirs if id_ in theirs]
        components = [id_ for id_ in content.get("components", ()) if id_ in self.components]
        if not sites:
            raise ValueError("its account has no such site")
        self.channels[PREFIX + one.id] = self._channel(content)
        self.subscriptions[one.id] = Subscription(
            name=content["name"],
            channel=PREFIX + one.id,
            topics=["incidents", "maintenance", "components"],
            sites=sites,
            components=components,
        )

    def _add_metrics(self, one: Made) -> None:
        _known(self.sites, one.content["site"], "site")


def _known(found: Mapping[str, Any], id_: str, what: str) -> str:
    if id_ not in found:
        raise ValueError(f"its {what} is gone")
    return id_


def _why(error: Exception) -> str:
    return "its fields are of another version" if isinstance(error, ValidationError) else str(error)
