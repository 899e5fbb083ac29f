"""Kind telegram: a message in a Telegram chat, from a bot.

The bot's token is part of the URL that is posted to, which therefore is shown nowhere.
https://core.telegram.org/bots/api#sendmessage
"""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from prober.core.model import Indicator
from prober.notifiers.base import Parcel, kind_of
from prober.notifiers.fields import stringify
from prober.notifiers.keys import BaseUrl, matching, place
from prober.notifiers.post import Letter, Manners, Post, said_seconds, said_text
from prober.notifiers.text import MARK, MARKUP, fitted, telling, units
from prober.options import ChannelOptions, Secret, mistake

LONGEST_MESSAGE = 4_096
LONGEST_HEADLINE = 500

_TOKEN = matching(
    r"[0-9]{1,20}:[A-Za-z0-9_-]{20,100}", "a bot's token: digits, a colon and what BotFather gave with them"
)
_CHAT = re.compile(r"-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31}", re.ASCII)


def _chat(value: object) -> str:
    if isinstance(value, str) and _CHAT.fullmatch(value):
        return value
    raise mistake('a chat such as "-1001234567890" or "@acme_status"')


class TelegramOptions(ChannelOptions):
    """The keys of a channel of kind telegram."""

    token: Annotated[Secret, _TOKEN]
    """The bot's token."""
    chat: Annotated[str, BeforeValidator(_chat)]
    """Where it writes: the number of a chat, or the @name of a public channel."""
    thread: int | None = Field(default=None, ge=1)
    """The topic within a forum."""
    base_url: BaseUrl = "https://api.telegram.org"
    """The Bot API."""

    def target(self) -> str:
        return place(self.base_url)


def payload(parcel: Parcel, chat: str, thread: int | None = None) -> bytes:
    """The message for that chat. Planned work makes no sound."""
    told = telling(parcel)
    headline = f"{MARK[told.badness]} <b>{fitted(told.subject, LONGEST_HEADLINE, MARKUP)}</b>\n"
    message: dict[str, Any] = {
        "chat_id": chat,
        "text": headline + fitted("\n".join(told.lines), LONGEST_MESSAGE - units(headline), MARKUP),
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "disable_notification": told.badness is Indicator.MAINTENANCE,
    }
    return stringify(message | ({} if thread is None else {"message_thread_id": thread}))


_MANNERS = Manners(
    complaint=lambda body: said_text(body, "description"),
    wish_s=lambda body: said_seconds(body, "parameters", "retry_after"),
)


def build(options: TelegramOptions) -> Post:
    """The sender of one channel of kind telegram."""
    url = f"{options.base_url}/bot{options.token.get_secret_value()}/sendMessage"
    return Post(options, lambda parcel: Letter(url, payload(parcel, options.chat, options.thread)), _MANNERS)


KIND = kind_of(TelegramOptions, build)
