"""Which pages readers may subscribe to by mail, and by which channel."""

from collections.abc import Iterable

from prober.config.config import Config
from prober.config.models import Subscription


def subscribable(config: Config) -> dict[str, str]:
    """By site, the channel that asks its readers whether they want to: the first of those that send to them."""
    found: dict[str, str] = {}
    for one in config.subscriptions.values():
        channel = config.channels.get(one.channel)
        if channel is not None and channel.is_for_subscribers():
            for site in _sites(config, one):
                found.setdefault(site, one.channel)
    return found


def _sites(config: Config, one: Subscription) -> Iterable[str]:
    """Of which something is told."""
    if one.sites:
        return one.sites
    of_groups = [config.groups[id_].site for id_ in one.groups if id_ in config.groups]
    of_components = [config.components[id_].site for id_ in one.components if id_ in config.components]
    return dict.fromkeys(of_groups + of_components) or config.sites
