"""Kind ntfy: a push message to phones and desktops, through ntfy.sh or a server of one's own.

https://docs.ntfy.sh/publish/#publish-as-json
"""

from collections.abc import Mapping
from typing import Annotated, Any

from prober.core.model import Indicator
from prober.notifiers.base import Parcel, kind_of
from prober.notifiers.fields import stringify
from prober.notifiers.keys import BaseUrl, Token, matching, place
from prober.notifiers.post import Letter, Manners, Post, said_text
from prober.notifiers.text import fitted, telling
from prober.options import ChannelOptions, Secret

# A message may have 4,096 bytes, and the JSON around it twice as many.
LONGEST_MESSAGE = 4_000
LONGEST_TITLE = 250

PRIORITY: Mapping[Indicator, int] = {
    Indicator.NONE: 3,
    Indicator.MINOR: 3,
    Indicator.MAJOR: 4,
    Indicator.CRITICAL: 5,
    Indicator.MAINTENANCE: 2,
}
TAG: Mapping[Indicator, str] = {
    Indicator.NONE: "white_check_mark",
    Indicator.MINOR: "warning",
    Indicator.MAJOR: "warning",
    Indicator.CRITICAL: "rotating_light",
    Indicator.MAINTENANCE: "construction",
}

_TOPIC = matching(r"[A-Za-z0-9_-]{1,64}", "a topic of 1 to 64 letters, digits, '_' or '-'")


class NtfyOptions(ChannelOptions):
    """The keys of a channel of kind ntfy."""

    topic: Annotated[Secret, _TOPIC]
    """Where subscribers listen; whoever knows it can read and write."""
    token: Token | None = None
    """An access token, if the topic is protected."""
    base_url: BaseUrl = "https://ntfy.sh"
    """The server."""

    def target(self) -> str:
        return place(self.base_url)


def payload(parcel: Parcel, topic: str) -> bytes:
    """The message for that topic."""
    told = telling(parcel)
    message: dict[str, Any] = {
        "topic": topic,
        "title": fitted(told.subject, LONGEST_TITLE, size=_written),
        "message": fitted("\n".join(told.lines), LONGEST_MESSAGE, size=_written),
        "priority": PRIORITY[told.badness],
        "tags": [TAG[told.badness]],
    }
    return stringify(message | ({"click": told.url} if told.url else {}))


def _written(text: str) -> int:
    """The length of a text in bytes of JSON."""
    return len(stringify(text)) - len('""')


def build(options: NtfyOptions) -> Post:
    """The sender of one channel of kind ntfy."""
    topic = options.topic.get_secret_value()
    headers = [("Authorization", f"Bearer {options.token.get_secret_value()}")] if options.token else []
    return Post(
        options,
        lambda parcel: Letter(options.base_url, payload(parcel, topic), headers),
        Manners(complaint=lambda body: said_text(body, "error")),
    )


KIND = kind_of(NtfyOptions, build)
