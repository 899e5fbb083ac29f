"""One channel of each kind, set up for a stand-in on loopback."""

from collections.abc import Callable
from typing import Any

from prober.notifiers import Notifier, kind

HUSH = "hush"
"""Stands in everything that is secret of these channels."""
ROUTING_KEY = HUSH * 8
BOT_TOKEN = f"123456:{HUSH * 9}"
ACCOUNT = "AC" + "0123456789abcdef" * 2
X_KEYS = ("consumer_key", "consumer_secret", "access_token", "access_secret")
MAIL = {"sender": "Acme Status <status@acme.example>", "to": ["ops@acme.example"]}

KEYS: dict[str, Callable[[str], dict[str, Any]]] = {
    # the keys of each kind, by where its stand-in listens: "http://127.0.0.1:port"
    "webhook": lambda url: {"url": f"{url}/{HUSH}?{HUSH}", "headers": {"X-Token": HUSH}},
    "slack": lambda url: {"url": f"{url}/services/{HUSH}"},
    "discord": lambda url: {"url": f"{url}/api/webhooks/{HUSH}"},
    "ntfy": lambda url: {"base_url": url, "topic": HUSH, "token": f"tk_{HUSH}"},
    "pagerduty": lambda url: {"base_url": url, "routing_key": ROUTING_KEY},
    "email": lambda url: {"host": "127.0.0.1", "port": int(url.rpartition(":")[2]), "encryption": "none", **MAIL},
    "teams": lambda url: {"url": f"{url}/workflows/{HUSH}?sig={HUSH}"},
    "telegram": lambda url: {"base_url": url, "token": BOT_TOKEN, "chat": "-100123"},
    "alertmanager": lambda url: {"url": url, "headers": {"Authorization": f"Bearer {HUSH}"}},
    "sms": lambda url: {"base_url": url, "account": ACCOUNT, "token": HUSH, "sender": "Acme", "to": "+4930123456"},
    "hipchat": lambda url: {"base_url": url, "room": "Our ops", "token": HUSH},
    "x": lambda url: {"base_url": url, **dict.fromkeys(X_KEYS, HUSH)},
    "apprise": lambda url: {"url": f"{url.replace('http', 'json')}/{HUSH}"},
}


def channel(name: str, url: str, /, **keys: Any) -> Notifier:
    """A sender of that kind. keys: in the place of those above."""
    made = kind(name)
    return made.build(made.options.model_validate({"kind": name, **KEYS[name](url), **keys}))
