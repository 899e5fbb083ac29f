"""One question to one name server by HTTPS (RFC 8484), over HTTP/1.1: its request, and what is read of the answer."""

import base64
import re
from typing import Final

import dns.message

from prober.core.reason import Reason
from prober.wire.datagram import LARGEST
from prober.wire.dialogue import shown
from prober.wire.failure import Failed
from prober.wire.http1 import Exchange, Reading, Wire
from prober.wire.nameserver import fitting
from prober.wire.request import request
from prober.wire.url import Url, parse

USUAL: Final = "/dns-query{?dns}"
"""The path that servers usually have, with the variable that stands for the question."""
READING: Final = Reading(
    frozenset(range(200, 300)), False, b"", LARGEST, keep=True, fields=frozenset({b"content-type"})
)
"""What is read of an answer."""

_MEDIA_TYPE = "application/dns-message"
_VARIABLE = re.compile(r"\{([?&]?)dns\}")


def has_variable(template: str) -> bool:
    """Whether it has a place for the question."""
    return _VARIABLE.search(template) is not None


def expanded(template: str, message: bytes | None) -> Url:
    """The URL that is asked (RFC 6570, with the variable `dns` alone). message: None = it does not go into the URL.

    ValueError with what is wrong with the template.
    """

    def put(found: re.Match[str]) -> str:
        if message is None:
            return ""
        text = base64.urlsafe_b64encode(message).rstrip(b"=").decode()
        return f"{found[1]}dns={text}" if found[1] else text

    url = _VARIABLE.sub(put, template)
    if "{" in url or "}" in url:
        raise ValueError("it has a variable that is not dns")
    return parse(url)


def asking(template: str, method: str, asked: dns.message.Message) -> bytes:
    """The request, by POST or GET. The question's id is made 0, so that what caches know can be found by the URL."""
    asked.id = 0
    message = asked.to_wire()
    headers = {"Accept": _MEDIA_TYPE}
    if method == "GET":
        url = expanded(template, message)
        return request("GET", url, url.authority, headers, None)
    url = expanded(template, None)
    return request("POST", url, url.authority, {**headers, "Content-Type": _MEDIA_TYPE}, message)


async def ask_by_https(exchange: Exchange, wire: Wire, sent: bytes, asked: dns.message.Message) -> dns.message.Message:
    """The answer, on a connection that stands. Raises Failed."""
    response = await exchange.ask(wire, sent)
    if response.status not in READING.body_for:
        raise Failed(Reason.HTTP_STATUS, f"expected status 200-299, found {response.status}")
    said = b", ".join(response.fields.get(b"content-type", []))
    if said.split(b";")[0].strip().lower() != _MEDIA_TYPE.encode():
        raise Failed(Reason.DNS_MALFORMED, f"expected {_MEDIA_TYPE}, found {shown(said)}")
    return await fitting(response.content, asked)
