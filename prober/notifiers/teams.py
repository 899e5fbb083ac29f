"""Kind teams: a card in a Microsoft Teams channel, through a workflow that takes webhooks.

https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
"""

from collections.abc import Mapping
from typing import Any

from prober.core.model import Indicator
from prober.notifiers.base import Parcel, kind_of
from prober.notifiers.fields import stringify
from prober.notifiers.keys import HookUrl, place
from prober.notifiers.post import Letter, Manners, Post, said_text
from prober.notifiers.text import MARKDOWN, fitted, octets, telling
from prober.options import ChannelOptions

# A message may have 28 KB; what is in it is measured before JSON escapes it, so its parts stay far below.
LONGEST_TITLE = 500
LONGEST_TEXT = 4_000
LONGEST_LABEL = 200
LONGEST_VALUE = 1_000

STYLE: Mapping[Indicator, str] = {
    Indicator.NONE: "good",
    Indicator.MINOR: "warning",
    Indicator.MAJOR: "warning",
    Indicator.CRITICAL: "attention",
    Indicator.MAINTENANCE: "accent",
}
"""The background of the headline, in the words of Adaptive Cards."""

# A connector of the old kind answers 200 with this when it could not deliver.
_NOT_DELIVERED = b"Webhook message delivery failed"


class TeamsOptions(ChannelOptions):
    """The keys of a channel of kind teams."""

    url: HookUrl
    """The workflow's URL."""

    def target(self) -> str:
        return place(self.url)


def payload(parcel: Parcel) -> bytes:
    """The message: one Adaptive Card."""
    told = telling(parcel)
    headline = _text(told.subject, LONGEST_TITLE) | {"weight": "bolder", "size": "medium"}
    facts = [{"title": _fitted(label, LONGEST_LABEL), "value": _fitted(v, LONGEST_VALUE)} for label, v in told.facts]
    card: dict[str, Any] = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [
            {"type": "Container", "style": STYLE[told.badness], "bleed": True, "items": [headline]},
            *([_text("\n\n".join(told.said), LONGEST_TEXT)] if told.said else []),
            *([{"type": "FactSet", "facts": facts}] if facts else []),
        ],
        "actions": [{"type": "Action.OpenUrl", "title": "Status page", "url": told.url}] if told.url else [],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return stringify({"type": "message", "attachments": [attachment]})


def _text(text: str, limit: int) -> dict[str, Any]:
    return {"type": "TextBlock", "text": _fitted(text, limit), "wrap": True}


def _fitted(text: str, limit: int) -> str:
    return fitted(text, limit, MARKDOWN, size=octets)


def _complaint(body: bytes) -> str:
    """A workflow answers in JSON, a connector in a sentence."""
    return said_text(body, "error", "message") or (body.decode("utf-8", "replace") if _NOT_DELIVERED in body else "")


_MANNERS = Manners(complaint=_complaint, denies=lambda body: _NOT_DELIVERED in body)


def build(options: TeamsOptions) -> Post:
    """The sender of one channel of kind teams."""
    return Post(options, lambda parcel: Letter(options.url, payload(parcel)), _MANNERS)


KIND = kind_of(TeamsOptions, build)
