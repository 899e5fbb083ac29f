"""Kind tls: connects, shakes hands, and judges the certificates. After the handshake nothing is sent, nothing is read.

With `starttls` the connection begins in plain, and the few words that lead to TLS are part of the phase tls.
"""

import asyncio
from collections.abc import Callable
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from prober.clock import Clock
from prober.core.model import Due, Observation, Phase
from prober.core.reason import Reason
from prober.options import CheckOptions, DurationMs
from prober.probes.base import Kind
from prober.probes.boundary import Attempt, Judgement
from prober.probes.every import Addresses, Target, observe_addresses
from prober.probes.expiry import expiring
from prober.probes.keys import CaFile, Family, Host, fitting, named_place, place
from prober.probes.reach import ReachOptions, reached
from prober.wire import tls
from prober.wire.address import Address
from prober.wire.certificate import certificate_facts, chain
from prober.wire.connect import connect
from prober.wire.dialogue import Dialogue
from prober.wire.failure import Failed
from prober.wire.starttls import UPGRADES, upgrade

_PORT = 443


class TlsOptions(ReachOptions):
    """The keys of a check of kind tls."""

    host: Host
    """The name or address to connect to."""
    port: int | None = Field(default=None, ge=1, le=65_535)
    """The port to connect to; without it 443, or the usual one of `starttls`."""
    starttls: Literal["smtp", "imap", "pop3", "ftp", "postgres", "ldap"] | None = None
    """The protocol in which the connection begins, and TLS is asked for."""
    server_name: Host | None = None
    """The name that TLS asks for and the certificate must be for, if it differs from the host."""
    verify: bool = True
    """Whether the certificate must be valid for the name and signed by a trusted authority."""
    ca: CaFile | None = None
    """A PEM file with the authorities to trust instead of the system's."""
    family: Family = "any"
    """Which addresses are used: "4", "6", "4 first", "6 first", or "any", in the system's order."""
    addresses: Addresses = "one"
    """Whether "one" address of the name is probed, or all, of which "any", "all" or a "quorum" must be good."""
    cert_expiring_within: DurationMs | None = None
    """Degraded when the first of the certificates expires within this time."""

    @field_validator("family", mode="after")
    @classmethod
    def _fits_host(cls, family: Family, info: ValidationInfo) -> Family:
        return fitting(family, info.data.get("host"))

    @property
    def used_port(self) -> int:
        """The port, wherever it was told."""
        return self.port or (UPGRADES[self.starttls].port if self.starttls else _PORT)

    def shares(self) -> tuple[tuple[str, str], ...]:
        return (("host", self.host.lower()),)

    def target(self) -> str:
        return place(self.host, self.used_port)


class TlsProbe:
    """Prepared once: the policy, and the name that is asked for."""

    def __init__(self, options: TlsOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._names = options.names()
        self._target = Target(options.host, options.family, self._names, options.addresses)
        self._name = (options.server_name or options.host).removesuffix(".")
        self._policy = tls.context(options.verify, options.ca, alpn=())

    async def probe(self, due: Due) -> Observation:
        return await observe_addresses(due, self._clock, self._options.timeout, self._target, self._run)

    async def _run(self, attempt: Attempt) -> Judgement | None:
        options, facts = self._options, attempt.facts
        address = await reached(attempt, options.host, options.family, self._names)
        try:
            facts.update(await self._shaken(address, verified=True, enter=attempt.watch.enter))
        except tls.CertificateFailed as failed:
            await self._learn(failed, attempt, address)
            raise
        return expiring(facts.get("cert_expiry_s"), options.cert_expiring_within, self._clock.now_ms())

    async def _shaken(self, address: Address, *, verified: bool, enter: Callable[[Phase], None]) -> tls.Facts:
        """What is known after a handshake. Raises Failed."""
        enter(Phase.CONNECT)
        transport, talk = await connect(lambda: Dialogue(Reason.STARTTLS_REFUSED), address, self._options.used_port)
        secured: asyncio.Transport = transport
        try:
            enter(Phase.TLS)
            if self._options.starttls is not None:
                await upgrade(talk, self._options.starttls)
            talk.expect_quiet()
            policy = self._policy if verified else tls.context(False, None, alpn=())
            secured = await tls.secure(transport, talk, policy, self._name)
            return tls.facts(secured) | certificate_facts(chain(secured))
        finally:
            if secured is not transport:
                secured.abort()
            transport.abort()

    async def _learn(self, failed: Failed, attempt: Attempt, address: Address) -> None:
        """Asks again without verifying, so that it is known what the certificates say that were refused."""
        attempt.failed = failed
        attempt.watch.stop()
        try:
            attempt.facts.update(await self._shaken(address, verified=False, enter=lambda _: None))
        except Failed:
            return


def build(options: CheckOptions, clock: Clock) -> TlsProbe:
    """The prober of one check of kind tls."""
    if not isinstance(options, TlsOptions):
        raise TypeError(type(options).__name__)
    return TlsProbe(options, clock)


def guesses(target: str) -> dict[str, object] | None:
    """`tls://host` and `tls://host:port` mean this kind."""
    return named_place(target, "tls")


KIND = Kind(options=TlsOptions, build=build, guesses=guesses, example="tls://example.com")
