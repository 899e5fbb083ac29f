"""How a check comes from the host that it names to the address that it probes; for every kind that connects."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from prober.core.model import Phase
from prober.options import CheckOptions, mistake
from prober.probes.boundary import Attempt
from prober.wire.address import Address, literal
from prober.wire.resolve import Names, resolve
from prober.wire.system_names import PORT, Server
from prober.wire.url import parse_place

_MOST_SERVERS = 8
_EXPECTED_SERVER = 'the address of a name server such as "192.0.2.53" or "[::1]:5353"'


def _server(value: object) -> str:
    try:
        _parsed(value if isinstance(value, str) else "")
    except ValueError:
        raise mistake(_EXPECTED_SERVER) from None
    return str(value)


def _once(texts: list[str]) -> list[str]:
    if len({_parsed(text) for text in texts}) < len(texts):
        raise mistake("name servers that differ", "one twice")
    return texts


def _parsed(text: str) -> Server:
    """The server that is meant. ValueError."""
    host, port = (text, None) if literal(text) is not None else parse_place(text)
    known = literal(host)
    if known is None:
        raise ValueError(text)
    return Server(known.ip, port or PORT)


class ReachOptions(CheckOptions):
    """The keys of every kind that connects to a host, about how its name is looked up."""

    resolver: Literal["own", "system"] = "own"
    """By whom names are looked up; without the key, as `prober.resolver` says."""
    resolvers: Annotated[list[Annotated[str, BeforeValidator(_server)]], AfterValidator(_once)] = Field(
        default=[], max_length=_MOST_SERVERS
    )
    """The name servers that are asked, and nothing else; without any, what the system says."""
    dns_cache: bool = False
    """Whether addresses are kept for as long as name servers allow; without the key, as `prober.dns_cache` says."""

    def names(self) -> Names:
        """How names are looked up."""
        return Names(self.resolver, tuple(map(_parsed, self.resolvers)), self.dns_cache)


async def reached(attempt: Attempt, host: str, family: str, names: Names) -> Address:
    """The address to probe, by a look-up that is a phase of its own; it stands in the facts. Raises Failed."""
    attempt.watch.enter(Phase.RESOLVE)
    if attempt.pinned is not None and attempt.pinned[0] == host:
        address = attempt.pinned[1]
    else:
        address = await resolve(host, family, names, other_way=attempt.other_way, doubts=attempt.doubts)
    attempt.facts["ip"], attempt.facts["ip_protocol"] = address
    return address
