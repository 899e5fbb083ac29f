"""What the system says of looking up names: /etc/hosts, /etc/resolv.conf, and their order in /etc/nsswitch.conf.

Each file is read again when it has changed, for which its times are looked at once a second. A file that is not there,
or can't be read, says nothing, as it does to the system's own resolver: then names are looked up in files, then by the
name server of this host.
"""

import re
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from prober.wire.address import Address, literal

PORT = 53
LOOK_EVERY_S = 1.0
T = TypeVar("T")

_SOURCES = frozenset({"files", "dns"})
_MOST_SERVERS = 3  # as many as the C library asks
_MOST_DOMAINS = 32
_MOST_BYTES = 16 * 1024 * 1024
_NUMBER = re.compile(r"[0-9]{1,9}")
_LARGEST_OPTIONS = {"ndots": 15, "timeout": 30, "attempts": 5}


class Server(NamedTuple):
    """A name server's address."""

    ip: str
    port: int = PORT

    def __str__(self) -> str:
        if self.port == PORT:
            return self.ip
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"


class Manner(NamedTuple):
    """Whom to ask, and how. timeout_s: how long a server is waited for; attempts: how often all are gone through."""

    servers: tuple[Server, ...]
    search: tuple[str, ...] = ()
    ndots: int = 1
    timeout_s: float = 5
    attempts: int = 2
    rotate: bool = False
    by_tcp: bool = False


class Paths(NamedTuple):
    """Where the system's files are."""

    hosts: Path = Path("/etc/hosts")
    resolv: Path = Path("/etc/resolv.conf")
    nsswitch: Path = Path("/etc/nsswitch.conf")


class SystemNames:
    """The three files, as they were within the last second. now_s: a clock that never goes back.

    port: where the servers of resolv.conf are asked.
    """

    def __init__(self, now_s: Callable[[], float], paths: Paths | None = None, port: int = PORT) -> None:
        paths = paths or Paths()
        self._now_s = now_s
        self._look_at_s = now_s()
        self._hosts = _File(paths.hosts, hosts)
        self._manner = _File(paths.resolv, lambda text: manner(text, port))
        self._order = _File(paths.nsswitch, order)

    def look(self) -> None:
        """Reads again what has changed, if the last look is long enough ago. To be called before the others."""
        now_s = self._now_s()
        if now_s >= self._look_at_s:
            self._look_at_s = now_s + LOOK_EVERY_S
            for file in (self._hosts, self._manner, self._order):
                file.look()

    @property
    def hosts(self) -> Mapping[str, tuple[Address, ...]]:
        """The addresses of names in lower case."""
        return self._hosts.said

    @property
    def manner(self) -> Manner:
        """Whom to ask."""
        return self._manner.said

    @property
    def order(self) -> tuple[str, ...] | None:
        """ "files" and "dns" in the order that holds; None if it asks for something else too."""
        return self._order.said


class _File(Generic[T]):
    """What a file says; read again once it has changed."""

    def __init__(self, path: Path, read: Callable[[str], T]) -> None:
        self._path = path
        self._read = read
        self._mark: tuple[int, ...] | None = None
        self.said: T = read("")

    def look(self) -> None:
        try:
            found = self._path.stat()
            mark: tuple[int, ...] | None = (found.st_mtime_ns, found.st_size, found.st_ino)
        except OSError:
            mark = None
        if mark != self._mark:
            self.said = self._read(self._text())
            self._mark = mark

    def _text(self) -> str:
        try:
            with self._path.open("rb") as file:
                return file.read(_MOST_BYTES).decode("utf-8", "replace")
        except OSError:
            return ""


def hosts(text: str) -> Mapping[str, tuple[Address, ...]]:
    """What /etc/hosts says: all addresses of each name, in the order of the lines. Lines without sense are left out."""
    found: dict[str, dict[Address, None]] = {}
    for line in text.splitlines():
        ip, *names = line.partition("#")[0].split() or [""]
        address = literal(ip)
        for name in names if address is not None else ():
            if address is not None:
                found.setdefault(name.lower().removesuffix("."), {})[address] = None
    return {name: tuple(addresses) for name, addresses in found.items()}


def manner(text: str, port: int = PORT) -> Manner:
    """What resolv.conf(5) says; without a server the one of this host is asked."""
    servers: list[Server] = []
    search = _own_domain()
    options: dict[str, int] = {}
    for line in text.splitlines():
        word, *rest = (line.split("#")[0].split(";")[0]).split() or [""]
        if word == "nameserver" and rest and literal(rest[0].partition("%")[0]) is not None:
            servers.append(Server(rest[0], port))
        elif word in ("search", "domain"):
            search = tuple(rest[:_MOST_DOMAINS] if word == "search" else rest[:1])
        elif word == "options":
            options |= dict(map(_option, rest))
    return Manner(
        tuple(servers[:_MOST_SERVERS]) or (Server("127.0.0.1", port),),
        tuple(domain for domain in search if domain != "."),
        ndots=options.get("ndots", 1),
        timeout_s=max(1, options.get("timeout", 5)),
        attempts=max(1, options.get("attempts", 2)),
        rotate="rotate" in options,
        by_tcp="use-vc" in options,
    )


def order(text: str) -> tuple[str, ...] | None:
    """The sources of host names in nsswitch.conf(5); None if there are others than files and dns, or conditions."""
    for line in text.splitlines():
        word, _, rest = line.partition("#")[0].partition(":")
        if word.strip() == "hosts":
            sources = tuple(rest.split())
            return sources if sources and _SOURCES.issuperset(sources) else None
    return ("files", "dns")


def _own_domain() -> tuple[str, ...]:
    domain = socket.gethostname().partition(".")[2]
    return (domain,) if domain else ()


def _option(text: str) -> tuple[str, int]:
    """Its name and number, not more than sense; those without one, such as rotate, have 1."""
    name, _, number = text.partition(":")
    largest = _LARGEST_OPTIONS.get(name, 1)
    return name, min(int(number), largest) if _NUMBER.fullmatch(number) else 1
