"""URLs that can be probed: http and https, with a host. What a person or a server wrote is checked here, strictly."""

import re
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

from prober.wire.address import literal

PORTS = {"http": 80, "https": 443}

_PLACE = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5})?)?")
_LABEL = re.compile(r"[A-Za-z0-9_-]{1,63}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")
_SAFE = "/%:@!$&'()*+,;=-._~?"


class Url(NamedTuple):
    """A URL taken apart.

    host: lower-case ASCII, an IPv6 address without brackets; path: begins with "/", with the query;
    userinfo: name and password as `name:password`, decoded, None if there were none. str() leaves it out.
    """

    scheme: str
    host: str
    port: int
    path: str
    userinfo: bytes | None = None

    @property
    def origin(self) -> str:
        """Scheme, host and port: what may be told of a URL that somebody else chose."""
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """Host, and port if it is not the scheme's own, as in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return self.origin + self.path


def parse(text: str) -> Url:
    """The URL; ValueError with what is wrong with it, which never repeats the URL itself."""
    if _UNPRINTABLE.search(text):
        raise ValueError("it holds a space or a control character")
    try:
        parts = urlsplit(text)
    except ValueError:  # its words would repeat the host
        raise ValueError("its host is no usable address") from None
    if parts.scheme not in PORTS:
        raise ValueError("it is neither http:// nor https://")
    userinfo, at, place = parts.netloc.rpartition("@")
    host, port = parse_place(place)
    path = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
    return Url(parts.scheme, host, port or PORTS[parts.scheme], path, unquote_to_bytes(userinfo) if at else None)


def parse_place(text: str) -> tuple[str, int | None]:
    """Host (without brackets) and port of `host[:port]`; ValueError with what is wrong."""
    found = _PLACE.fullmatch(text)
    if found is None:
        raise ValueError("it has no usable host" if text else "it has no host")
    port = int(found["port"]) if found["port"] else None
    if port is not None and not 1 <= port <= 65_535:
        raise ValueError("its port is not from 1 to 65535")
    return parse_host(found["host"].removeprefix("[").removesuffix("]")), port


def parse_host(text: str) -> str:
    """The name or address in lower-case ASCII; ValueError with what is wrong."""
    if ":" in text:
        if literal(text) is None:
            raise ValueError("its host is no IPv6 address")
        return text.lower()
    try:
        name = text if text.isascii() else text.encode("idna").decode()
    except UnicodeError:
        raise ValueError("its host is no name that DNS can hold") from None
    labels = name.removesuffix(".").split(".")
    if len(name) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError("its host is neither a name nor an address")
    return name.lower()


def joined(base: Url, location: bytes) -> Url:
    """Where a redirect leads; its userinfo is left out. ValueError with what is wrong with it."""
    target = quote(location.strip(), safe=_SAFE + "#[]")
    # urljoin would take "http:///path" for a path on the same host.
    url = target if _SCHEME.match(target) else urljoin(str(base), target)
    return parse(url)._replace(userinfo=None)
