"""The bytes of a request, prepared once and sent at every probe."""

import base64
import re
from collections.abc import Mapping

from prober import __version__
from prober.wire.url import Url

NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""What a header's name may be (RFC 9110, token)."""
NOT_A_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""What no header's value may hold."""
TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
"""What a bearer token may be (RFC 6750, b64token)."""
FRAMING = frozenset({"host", "content-length", "transfer-encoding"})
"""Headers that only prober itself may set."""

USER_AGENT = f"prober/{__version__}"

_DEFAULTS = {
    "User-Agent": USER_AGENT,
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


def basic(userinfo: bytes) -> str:
    """The value of Authorization of `name:password`."""
    return f"Basic {base64.b64encode(userinfo).decode()}"


def fields(url: Url, host: str, headers: Mapping[str, str]) -> dict[str, str]:
    """All headers of a request but those of its body. They win over the defaults, and over the URL's userinfo."""
    own = {name.lower() for name in headers}
    found = {"Host": host} | {name: value for name, value in _DEFAULTS.items() if name.lower() not in own}
    if url.userinfo is not None and "authorization" not in own:
        found["Authorization"] = basic(url.userinfo)
    return {**found, **headers}


def request(method: str, url: Url, host: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """An HTTP/1.1 request. host: the Host header."""
    sent = fields(url, host, headers)
    if body is not None:
        sent["Content-Length"] = str(len(body))
    head = [f"{method} {url.path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
    return "\r\n".join(head).encode() + (body or b"")
