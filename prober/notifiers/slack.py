"""Kind slack: a message in a Slack channel, through an incoming webhook, in Block Kit.

The limits are Slack's: https://docs.slack.dev/reference/block-kit/blocks
"""

import re
from typing import Any

from prober.notifiers.base import Parcel, kind_of
from prober.notifiers.fields import stringify
from prober.notifiers.keys import HookUrl, place
from prober.notifiers.post import Letter, Manners, Post
from prober.notifiers.text import MARK, MARKUP, fitted, telling, units
from prober.options import ChannelOptions

LONGEST_HEADER = 150
LONGEST_TEXT = 3_000
LONGEST_FIELD = 2_000

_CODE = re.compile(rb"[a-z_]{1,64}")  # what an incoming webhook answers, such as no_service


class SlackOptions(ChannelOptions):
    """The keys of a channel of kind slack."""

    url: HookUrl
    """The incoming webhook's URL."""

    def target(self) -> str:
        return place(self.url)


def payload(parcel: Parcel) -> bytes:
    """The message, in blocks; `text` is what notifications show."""
    told = telling(parcel)
    said = [_section(fitted("\n".join(told.said), LONGEST_TEXT, MARKUP))] if told.said else []
    link = [_section(f"<{told.url.translate(MARKUP)}>")] if told.url else []
    facts = [{"type": "section", "fields": [_field(*fact) for fact in told.facts]}] if told.facts else []
    blocks = [
        {"type": "header", "text": _plain(fitted(f"{MARK[told.badness]} {told.subject}", LONGEST_HEADER))},
        *said,
        *facts,
        *link,
    ]
    return stringify({"text": fitted(told.subject, LONGEST_TEXT, MARKUP), "blocks": blocks})


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _text(text)}


def _field(label: str, value: str) -> dict[str, Any]:
    bold = f"*{fitted(label, LONGEST_FIELD // 2, MARKUP)}*\n"
    return _text(bold + fitted(value, LONGEST_FIELD - units(bold), MARKUP))


def _text(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _complaint(body: bytes) -> str:
    return body.decode() if _CODE.fullmatch(body) else ""


def build(options: SlackOptions) -> Post:
    """The sender of one channel of kind slack."""
    return Post(options, lambda parcel: Letter(options.url, payload(parcel)), Manners(complaint=_complaint))


KIND = kind_of(SlackOptions, build)
