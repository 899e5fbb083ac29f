"""Kind sms: a text message to a phone, through Twilio's API or a server that speaks it.

https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
"""

import base64
import re
from typing import Annotated
from urllib.parse import urlencode

from pydantic import BeforeValidator

from prober.notifiers.base import Parcel, kind_of
from prober.notifiers.keys import BaseUrl, Token, place
from prober.notifiers.post import Letter, Manners, Post, said_text
from prober.notifiers.text import fitted, telling
from prober.options import ChannelOptions, mistake

LONGEST_BODY = 480  # some seven parts in UCS-2; Twilio takes 1,600

_ACCOUNT = re.compile(r"AC[0-9a-f]{32}", re.ASCII)
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_SENDER = re.compile(r"\+[1-9][0-9]{6,14}|[A-Za-z0-9 ]{1,11}|[0-9]{3,6}", re.ASCII)


def _account(value: object) -> str:
    if isinstance(value, str) and _ACCOUNT.fullmatch(value):
        return value
    raise mistake('an account\'s SID: "AC" and 32 hexadecimal digits')


def _phone(value: object) -> str:
    if isinstance(value, str) and _PHONE.fullmatch(value):
        return value
    raise mistake('a phone number such as "+4930123456"')


def _sender(value: object) -> str:
    if isinstance(value, str) and _SENDER.fullmatch(value):
        return value
    raise mistake('a phone number such as "+4930123456", or a name of at most 11 letters and digits')


class SmsOptions(ChannelOptions):
    """The keys of a channel of kind sms."""

    account: Annotated[str, BeforeValidator(_account)]
    """The account's SID."""
    token: Token
    """The account's auth token."""
    sender: Annotated[str, BeforeValidator(_sender)]
    """Who it comes from: a number of the account, or a name."""
    to: Annotated[str, BeforeValidator(_phone)]
    """The phone that it goes to."""
    base_url: BaseUrl = "https://api.twilio.com"
    """Twilio's API."""

    def target(self) -> str:
        return place(self.base_url)


def payload(parcel: Parcel, sender: str, to: str) -> bytes:
    """The message as a form: what happened, what is known, and where to look."""
    told = telling(parcel)
    link = f"\n{told.url}" if told.url else ""
    said = fitted("\n".join([told.subject, *told.said]), LONGEST_BODY - len(link))
    body = (said + link).encode("utf-8", "replace")
    return urlencode({"To": to, "From": sender, "Body": body}).encode()


def build(options: SmsOptions) -> Post:
    """The sender of one channel of kind sms."""
    url = f"{options.base_url}/2010-04-01/Accounts/{options.account}/Messages.json"
    credentials = base64.b64encode(f"{options.account}:{options.token.get_secret_value()}".encode()).decode()
    headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Authorization", f"Basic {credentials}")]

    def letter(parcel: Parcel) -> Letter:
        return Letter(url, payload(parcel, options.sender, options.to), headers)

    return Post(options, letter, Manners(complaint=lambda body: said_text(body, "message")))


KIND = kind_of(SmsOptions, build)
