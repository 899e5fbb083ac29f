"""Kind hipchat: a notification in a room, through version 2 of HipChat's API, on a server that speaks it.

POST /v2/room/{room}/notification: color, message (1 to 10,000 characters), message_format, notify.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import BeforeValidator

from prober.core.model import Indicator
from prober.notifiers.base import Parcel, kind_of
from prober.notifiers.fields import stringify
from prober.notifiers.keys import BaseUrl, Token, place
from prober.notifiers.post import Letter, Manners, Post, said_text
from prober.notifiers.text import fitted, telling
from prober.options import ChannelOptions, mistake

LONGEST_MESSAGE = 10_000

COLORS: Mapping[Indicator, str] = {
    Indicator.NONE: "green",
    Indicator.MINOR: "yellow",
    Indicator.MAJOR: "red",
    Indicator.CRITICAL: "red",
    Indicator.MAINTENANCE: "purple",
}

_ROOM = re.compile(r"[^/\x00-\x1f]{1,100}")


def _room(value: object) -> str:
    if isinstance(value, str) and _ROOM.fullmatch(value):
        return value
    raise mistake('a room\'s name or number such as "Operations"')


class HipchatOptions(ChannelOptions):
    """The keys of a channel of kind hipchat."""

    base_url: BaseUrl
    """The server."""
    room: Annotated[str, BeforeValidator(_room)]
    """The room's name or number."""
    token: Token
    """A token that may send notifications to the room."""

    def target(self) -> str:
        return place(self.base_url)


def payload(parcel: Parcel) -> bytes:
    """The notification. Only trouble makes a sound."""
    told = telling(parcel)
    said: dict[str, Any] = {
        "color": COLORS[told.badness],
        "message": fitted("\n".join([told.subject, *told.lines]), LONGEST_MESSAGE),
        "message_format": "text",
        "notify": told.badness not in (Indicator.NONE, Indicator.MAINTENANCE),
    }
    return stringify(said)


def build(options: HipchatOptions) -> Post:
    """The sender of one channel of kind hipchat."""
    url = f"{options.base_url}/v2/room/{quote(options.room, safe='')}/notification"
    headers = [("Authorization", f"Bearer {options.token.get_secret_value()}")]
    manners = Manners(complaint=lambda body: said_text(body, "error", "message"))
    return Post(options, lambda parcel: Letter(url, payload(parcel), headers), manners)


KIND = kind_of(HipchatOptions, build)
