"""The kinds of notifier. This table is the only list of them; a kind is loaded when it is first used."""

from importlib import import_module

from prober.notifiers.base import Kind, Notifier, Parcel, Receipt, Site

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
}


def kind(name: str) -> Kind:
    """The kind of that name; KeyError if there is none. Each kind's module calls it KIND."""
    found: Kind = import_module(KINDS[name]).KIND
    return found


__all__ = ["KINDS", "Kind", "Notifier", "Parcel", "Receipt", "Site", "kind"]
