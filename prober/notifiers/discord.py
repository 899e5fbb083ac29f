"""Kind discord: a message in a Discord channel, through a webhook.

The limits are Discord's: https://discord.com/developers/docs/resources/message#embed-object-embed-limits
"""

from typing import Any

from prober.notifiers.base import Parcel, kind_of
from prober.notifiers.fields import moment, stringify
from prober.notifiers.keys import HookUrl, place
from prober.notifiers.post import Letter, Manners, Post, said_seconds, said_text
from prober.notifiers.text import COLOR, MARK, MARKDOWN, fitted, telling
from prober.options import ChannelOptions
from prober.wire.url import parse

LONGEST_CONTENT = 2_000
LONGEST_DESCRIPTION = 3_000  # 4,096 alone, but all texts of an embed together have 6,000
LONGEST_LABEL = 256
LONGEST_VALUE = 600


class DiscordOptions(ChannelOptions):
    """The keys of a channel of kind discord."""

    url: HookUrl
    """The webhook's URL."""

    def target(self) -> str:
        return place(self.url)


def payload(parcel: Parcel) -> bytes:
    """The message: what happened, and an embed with what is known. It mentions nobody, whatever it quotes."""
    told = telling(parcel)
    link = f"\n{told.url}" if told.url else ""
    said = fitted("\n".join(told.said), LONGEST_DESCRIPTION - len(link), MARKDOWN)
    embed = {
        "description": (said + link).strip(),
        "color": COLOR[told.badness],
        "timestamp": moment(parcel.notice.at_ms),
        "fields": [_field(*fact) for fact in told.facts],
    }
    content = fitted(f"{MARK[told.badness]} {told.subject}", LONGEST_CONTENT, MARKDOWN)
    return stringify({"content": content, "embeds": [embed], "allowed_mentions": {"parse": []}})


def _field(label: str, value: str) -> dict[str, Any]:
    return {
        "name": fitted(label, LONGEST_LABEL, MARKDOWN),
        "value": fitted(value, LONGEST_VALUE, MARKDOWN),
        "inline": True,
    }


def _waiting(url: str) -> str:
    """The URL that answers once the message is saved: without this a message that is not saved is no error."""
    whole = str(parse(url))
    return f"{whole}{'&' if '?' in whole else '?'}wait=true"


_MANNERS = Manners(
    complaint=lambda body: said_text(body, "message"),
    wish_s=lambda body: said_seconds(body, "retry_after"),  # with its fraction, which the header rounds
)


def build(options: DiscordOptions) -> Post:
    """The sender of one channel of kind discord."""
    url = _waiting(options.url)
    return Post(options, lambda parcel: Letter(url, payload(parcel)), _MANNERS)


KIND = kind_of(DiscordOptions, build)
