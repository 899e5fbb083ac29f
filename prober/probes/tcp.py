"""Kind tcp: up when a TCP connection can be made, and what is asked on it is answered as expected.

Without TLS and `query_response` nothing is sent and nothing is read.
"""

import asyncio

from pydantic import Field, ValidationInfo, field_validator

from prober.clock import Clock
from prober.core.model import Due, Observation, Phase
from prober.core.reason import Reason
from prober.options import CheckOptions, DurationMs, Options, mistake
from prober.probes.base import Kind
from prober.probes.boundary import Attempt, Judgement
from prober.probes.every import Addresses, Target, observe_addresses
from prober.probes.expiry import expiring
from prober.probes.keys import CaFile, Family, Host, fitting, place
from prober.probes.reach import ReachOptions, reached
from prober.probes.stream import Line, connected
from prober.wire import tls
from prober.wire.connect import connect
from prober.wire.dialogue import Dialogue
from prober.wire.pattern import searched
from prober.wire.query_response import MAX_BYTES, Script
from prober.wire.url import parse_place


class StepOptions(Options):
    """One step of a conversation: what there is of it, in this order."""

    expect: str | None = Field(default=None, min_length=1, max_length=1_000)
    """An expression of RE2 that one of the next lines must match."""
    send: str | None = Field(default=None, max_length=65_536)
    """A line that is said; `${1}` or `${name}` in it is what the latest `expect` has found."""
    starttls: bool = False
    """Whether TLS begins then."""

    @field_validator("expect", mode="after")
    @classmethod
    def _is_expression(cls, text: str | None) -> str | None:
        try:
            searched(text or "")
        except ValueError as error:
            raise mistake("a regular expression of RE2", f'"{text}", {error}') from None
        return text


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

    tls: bool = False
    """Whether TLS begins at once; with `starttls` in a step of `query_response` it begins there."""
    server_name: Host | None = None
    """The name that TLS asks for and the certificate must be for, if it differs from the host."""
    verify: bool = True
    """Whether the certificate must be valid for the name and signed by a trusted authority."""
    ca: CaFile | None = None
    """A PEM file with the authorities to trust instead of the system's."""
    cert_expiring_within: DurationMs | None = None
    """Degraded when the certificate expires within this time."""
    query_response: list[StepOptions] = Field(default=[], max_length=100)
    """What is expected and said on the connection, in this order."""

    @field_validator("family", mode="after")
    @classmethod
    def _fits_host(cls, family: Family, info: ValidationInfo) -> Family:
        return fitting(family, info.data.get("host"))

    def shares(self) -> tuple[tuple[str, str], ...]:
        return (("host", self.host.lower()),)

    def target(self) -> str:
        return place(self.host, self.port)


class TcpProbe:
    """Connects, has its conversation if there is one, and hangs up."""

    def __init__(self, options: TcpOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._names = options.names()
        self._target = Target(options.host, options.family, self._names, options.addresses)
        name = (options.server_name or options.host).removesuffix(".")
        self._policy = tls.context(options.verify, options.ca, alpn=())
        policy = self._policy if options.tls else None
        reason = Reason.EXPECT_MESSAGE
        self._line = Line(options.host, options.port, options.family, self._names, policy, name, reason, MAX_BYTES)

    async def probe(self, due: Due) -> Observation:
        return await observe_addresses(due, self._clock, self._options.timeout, self._target, self._run)

    async def _run(self, attempt: Attempt) -> Judgement | None:
        options = self._options
        if options.tls or options.query_response:
            return await self._converse(attempt)
        address = await reached(attempt, options.host, options.family, self._names)
        attempt.watch.enter(Phase.CONNECT)
        transport, _ = await connect(asyncio.Protocol, address, options.port)
        transport.abort()
        return None

    async def _converse(self, attempt: Attempt) -> Judgement | None:
        options, line, facts = self._options, self._line, attempt.facts
        async with connected(attempt, line, lambda: Dialogue(line.refusal, line.limit)) as (transport, talk):
            talk.go_on(transport)
            script, secured = Script(talk, attempt.doubts), transport
            try:
                attempt.watch.enter(Phase.PROCESSING)
                for step in options.query_response:
                    if step.expect is not None:
                        await script.expect(step.expect)
                    if step.send is not None:
                        script.send(step.send)
                    if step.starttls:
                        secured = await self._secured(attempt, talk, secured)
            finally:
                secured.abort()
        return expiring(facts.get("cert_expiry_s"), options.cert_expiring_within, self._clock.now_ms())

    async def _secured(self, attempt: Attempt, talk: Dialogue, plain: asyncio.Transport) -> asyncio.Transport:
        """TLS upon the conversation, from its next word on. Raises Failed."""
        attempt.watch.enter(Phase.TLS)
        talk.expect_quiet()
        secured = await tls.secure(plain, talk, self._policy, self._line.server_name)
        attempt.facts.update(tls.facts(secured), ssl=1)
        talk.go_on(secured)
        attempt.watch.enter(Phase.PROCESSING)
        return secured


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
