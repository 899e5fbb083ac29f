"""Sends one message through Apprise, in a process of its own, which may be killed at any moment.

Run as a program: the message comes as JSON on the standard input, what became of it goes as JSON to the standard
output. Without a body, it says only whether Apprise takes the URL. It imports nothing of ours, so that it starts soon.
"""

import json
import logging
import sys
from typing import Any


class _Said(logging.Handler):
    """Remembers what Apprise complains of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.words: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.words.append(record.getMessage())


def sent(message: dict[str, Any]) -> dict[str, Any]:
    """What became of {url, title, body, type}: {ok: whether it arrived, why: Apprise's complaints}."""
    import apprise

    said = _Said()
    logger = logging.getLogger("apprise")
    logger.addHandler(said)
    logger.propagate = False
    asset = apprise.AppriseAsset(storage_mode=apprise.PersistentStoreMode.MEMORY, plugin_paths=[])
    asset.http_redirects = False
    service = apprise.Apprise.instantiate(message["url"], asset=asset)
    if service is None or "body" not in message:
        return {"ok": service is not None, "why": "\n".join(said.words)}
    service.overflow_mode = apprise.OverflowMode.TRUNCATE
    arrived = service.notify(
        body=message["body"], title=message["title"], notify_type=message["type"], body_format=apprise.NotifyFormat.TEXT
    )
    return {"ok": bool(arrived), "why": "\n".join(said.words)}


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(sent(json.loads(sys.stdin.read()))))
