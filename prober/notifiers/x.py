"""Kind x: a post on X (Twitter), by version 2 of its API, signed by OAuth 1.0a for one account.

What is posted must fit in 280 of X's own weighted characters. X refuses a text that the account has posted of late. As
each post has the second it tells of and its link, that means that it is there already: so it counts as delivered.
https://docs.x.com/x-api/posts/create-post, RFC 5849
"""

import base64
import hashlib
import hmac
import re
from typing import Annotated
from urllib.parse import quote

from prober.errors import DeliveryError
from prober.notifiers.base import Parcel, Receipt, kind_of
from prober.notifiers.fields import stringify
from prober.notifiers.keys import BaseUrl, matching, place
from prober.notifiers.post import Letter, Manners, Post, said_text
from prober.notifiers.text import MARK, Table, fitted, moment_words, telling
from prober.options import ChannelOptions, Secret

LONGEST_POST = 280
LINK_WEIGHT = 23
"""What a link counts, however long or short it is."""

# https://docs.x.com/fundamentals/counting-characters: these count once, all others twice.
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
# What X would take for a link though nobody wrote one. A name cut out of a longer text is counted as one, too.
_DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}")
# A stranger's text calls nobody and joins no topic: the sign is followed by a blank without width.
_HARMLESS: Table = str.maketrans({sign: f"{sign}\u200b" for sign in "@\uff20#\uff03$"})

Key = Annotated[Secret, matching(r"[A-Za-z0-9_.~-]{1,200}", "a key: letters, digits, - and _")]


class XOptions(ChannelOptions):
    """The keys of a channel of kind x."""

    consumer_key: Key
    """The app's API key."""
    consumer_secret: Key
    """The secret of the app's API key."""
    access_token: Key
    """The access token of the account that posts."""
    access_secret: Key
    """The secret of the access token."""
    base_url: BaseUrl = "https://api.x.com"
    """X's API."""

    def target(self) -> str:
        return place(self.base_url)


def letters(text: str) -> int:
    """The weight of a text in which there is no link."""
    return sum(1 if any(low <= ord(c) <= high for low, high in _LIGHT) else 2 for c in text)


def weight(text: str) -> int:
    """At least what X will count: what looks like a link counts as its letters, and as a link at the least."""
    return letters(text) + sum(max(0, LINK_WEIGHT - letters(found[0])) for found in _DOMAIN.finditer(text))


def post(parcel: Parcel) -> str:
    """The text: what happened, what is known, when, and where to look."""
    told = telling(parcel)
    end = f"\n{moment_words(parcel.notice.at_ms)}" + (f"\n{told.url}" if told.url else "")
    said = _fitted("\n".join([f"{MARK[told.badness]} {told.subject}", *told.said]), LONGEST_POST - weight(end))
    return said + end


def _fitted(text: str, limit: int) -> str:
    allowed = limit
    while (over := weight(kept := fitted(text, allowed, _HARMLESS, letters)) - limit) > 0:
        allowed -= over
    return kept


def payload(parcel: Parcel) -> bytes:
    """The post as X takes it."""
    return stringify({"text": post(parcel)})


def authorization(options: XOptions, url: str, parcel: Parcel) -> str:
    """The header that signs a POST of JSON to that URL, without query and form: OAuth's own parameters are signed."""
    about = f"{parcel.notice.id}:{parcel.attempt}:{parcel.sent_ms}"
    given = {
        "oauth_consumer_key": options.consumer_key.get_secret_value(),
        "oauth_nonce": hashlib.sha256(about.encode()).hexdigest()[:32],  # new for each attempt
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(parcel.sent_ms // 1000),
        "oauth_token": options.access_token.get_secret_value(),
        "oauth_version": "1.0",
    }
    pairs = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in sorted(given.items()))
    signed = "&".join(map(_quoted, ("POST", url, pairs)))
    secrets = (options.consumer_secret, options.access_secret)
    key = "&".join(_quoted(secret.get_secret_value()) for secret in secrets)
    signature = base64.b64encode(hmac.digest(key.encode(), signed.encode(), hashlib.sha1)).decode()
    fields = {**given, "oauth_signature": signature}
    return "OAuth " + ", ".join(f'{name}="{_quoted(value)}"' for name, value in fields.items())


def _quoted(text: str) -> str:
    return quote(text, safe="-._~")


def _complaint(body: bytes) -> str:
    return said_text(body, "detail") or said_text(body, "title")


class X:
    """Posts for one account."""

    def __init__(self, options: XOptions) -> None:
        url = f"{options.base_url}/2/tweets"
        manners = Manners(complaint=_complaint, opens_header="x-rate-limit-reset")

        def letter(parcel: Parcel) -> Letter:
            return Letter(url, payload(parcel), [("Authorization", authorization(options, url, parcel))])

        self._post = Post(options, letter, manners)

    async def send(self, parcel: Parcel) -> Receipt:
        """Post once. Raises DeliveryError when it did not arrive."""
        try:
            return await self._post.send(parcel)
        except DeliveryError as error:
            if error.status == 403 and "duplicate content" in str(error):
                return Receipt(error.status, "it is there already")
            raise

    async def aclose(self) -> None:
        """Nothing is held open."""


KIND = kind_of(XOptions, X)
