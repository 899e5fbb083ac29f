"""The kinds of notifier. This table is the only list of them; a kind is loaded when it is first used."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from prober.notifiers.base import Kind, Notifier, Parcel, Receipt, Seen, Site, Worded
from prober.options import ChannelOptions

KINDS = {
    "webhook": "prober.notifiers.webhook",
    "slack": "prober.notifiers.slack",
    "discord": "prober.notifiers.discord",
    "ntfy": "prober.notifiers.ntfy",
    "pagerduty": "prober.notifiers.pagerduty",
    "email": "prober.notifiers.email",
    "teams": "prober.notifiers.teams",
    "telegram": "prober.notifiers.telegram",
    "alertmanager": "prober.notifiers.alertmanager",
    "sms": "prober.notifiers.sms",
    "hipchat": "prober.notifiers.hipchat",
    "x": "prober.notifiers.x",
    "apprise": "prober.notifiers.apprise",
}


def kind(name: str) -> Kind:
    """The kind of that name; KeyError if there is none. Each kind's module calls it KIND."""
    found: Kind = import_module(KINDS[name]).KIND
    return found


def callback(content: Mapping[str, Any], allowed: Sequence[str] | None) -> ChannelOptions:
    """The options of a channel to a URL that came through the API, with its `endpoint`, `format` and `secret`.

    allowed: it may reach public addresses and these networks only; None = whatever there is. Raises ValueError for
    what no webhook can have.
    """
    from prober.notifiers.webhook import WebhookOptions

    keys = {key: content[key] for key in ("format", "secret") if content.get(key)}
    keys |= {"public_only": allowed is not None, "allow": list(allowed or ())}
    url = content["endpoint"]
    return WebhookOptions.model_validate({"kind": "webhook", "name": content["name"], "url": url, **keys})


__all__ = ["KINDS", "Kind", "Notifier", "Parcel", "Receipt", "Seen", "Site", "Worded", "callback", "kind"]
