"""Kind tcp: up when a TCP connection can be made. Nothing is sent, nothing is read."""

import asyncio

from pydantic import Field, ValidationInfo, field_validator

from prober.clock import Clock
from prober.core.model import Due, Observation, Phase
from prober.options import CheckOptions
from prober.probes.base import Kind
from prober.probes.boundary import Attempt, Judgement
from prober.probes.every import Addresses, Target, observe_addresses
from prober.probes.keys import Family, Host, fitting, place
from prober.probes.reach import ReachOptions, reached
from prober.wire.connect import connect
from prober.wire.url import parse_place


class TcpOptions(ReachOptions):
    """The keys of a check of kind tcp."""

    host: Host
    """The name or address to connect to."""
    port: int = Field(ge=1, le=65_535)
    """The port to connect to."""
    family: Family = "any"
    """Which addresses are used: "4", "6", "4 first", "6 first", or "any", in the system's order."""
    addresses: Addresses = "one"
    """Whether "one" address of the name is probed, or all, of which "any", "all" or a "quorum" must be good."""

    @field_validator("family", mode="after")
    @classmethod
    def _fits_host(cls, family: Family, info: ValidationInfo) -> Family:
        return fitting(family, info.data.get("host"))

    def shares(self) -> tuple[tuple[str, str], ...]:
        return (("host", self.host.lower()),)

    def target(self) -> str:
        return place(self.host, self.port)


class TcpProbe:
    """Connects, and hangs up."""

    def __init__(self, options: TcpOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._names = options.names()
        self._target = Target(options.host, options.family, self._names, options.addresses)

    async def probe(self, due: Due) -> Observation:
        return await observe_addresses(due, self._clock, self._options.timeout, self._target, self._run)

    async def _run(self, attempt: Attempt) -> Judgement | None:
        options = self._options
        address = await reached(attempt, options.host, options.family, self._names)
        attempt.watch.enter(Phase.CONNECT)
        transport, _ = await connect(asyncio.Protocol, address, options.port)
        transport.abort()
        return None


def build(options: CheckOptions, clock: Clock) -> TcpProbe:
    """The prober of one check of kind tcp."""
    if not isinstance(options, TcpOptions):
        raise TypeError(type(options).__name__)
    return TcpProbe(options, clock)


def guesses(target: str) -> dict[str, object] | None:
    """`tcp://host:port` and `host:port` mean this kind."""
    try:
        host, port = parse_place(target.removeprefix("tcp://"))
    except ValueError:
        return None
    return None if port is None else {"host": host, "port": port}


KIND = Kind(options=TcpOptions, build=build, guesses=guesses, example="example.com:5432")
