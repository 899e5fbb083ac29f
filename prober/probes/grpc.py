"""Kind grpc: asks grpc.health.v1 of a server whether a service is serving."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from prober.clock import Clock
from prober.core.model import Due, Observation, Phase
from prober.core.reason import Reason
from prober.options import CheckOptions, DurationMs, mistake
from prober.probes.base import Kind
from prober.probes.boundary import Attempt, Judgement, observe
from prober.probes.expiry import expiring
from prober.probes.keys import CaFile, Family, Host, fitting, named_place, place
from prober.probes.reach import ReachOptions
from prober.probes.stream import Line, talking
from prober.wire import tls
from prober.wire.failure import Failed
from prober.wire.grpc import CODES, Answer, Call

_ALPN = ("h2",)
_KEY = re.compile(r"[0-9A-Za-z_.-]+")
_VALUE = re.compile(r"[\x20-\x7e]*")
_SERVING = "SERVING"
_MOST_BYTES = 256 * 1024


def _metadata(value: object) -> object:
    """Values are never shown: they may be secrets."""
    if not isinstance(value, Mapping):
        raise mistake('a table of texts such as {x-token = "..."}', f"a {type(value).__name__}")
    for name, text in value.items():
        if not isinstance(name, str) or not _KEY.fullmatch(name) or name.lower().startswith("grpc-"):
            raise mistake("names of metadata that are not gRPC's own", f'"{name}"')
        if name.lower().endswith("-bin"):
            raise mistake("metadata that is text", f'"{name}"')
        if not isinstance(text, str) or not _VALUE.fullmatch(text) or text != text.strip():
            raise mistake(f"a line of ASCII text for {name}", "something else")
    return value


class GrpcOptions(ReachOptions):
    """The keys of a check of kind grpc."""

    host: Host
    """The name or address to connect to."""
    port: int = Field(ge=1, le=65_535)
    """The port to connect to."""
    service: str = Field(default="", max_length=1024)
    """The service that is asked about; empty means the server as a whole."""
    metadata: Annotated[dict[str, str], BeforeValidator(_metadata)] = Field(default={}, repr=False)
    """What is sent along with the call."""
    tls: bool = False
    """Whether the connection is by TLS."""
    authority: str | None = Field(default=None, min_length=1, max_length=255, pattern=r"^[0-9A-Za-z.:\[\]_-]+$")
    """The `:authority` of the call, if it differs from host and port."""
    server_name: Host | None = None
    """The name that TLS asks for and the certificate must be for, if it differs from the host."""
    verify: bool = True
    """Whether the certificate must be valid for the name and signed by a trusted authority."""
    ca: CaFile | None = None
    """A PEM file with the authorities to trust instead of the system's."""
    family: Family = "any"
    """Which addresses are used: "4", "6", "4 first", "6 first", or "any", in the system's order."""
    cert_expiring_within: DurationMs | None = None
    """Degraded when the certificate expires within this time."""

    @field_validator("family", mode="after")
    @classmethod
    def _fits_host(cls, family: Family, info: ValidationInfo) -> Family:
        return fitting(family, info.data.get("host"))

    def target(self) -> str:
        return f"{place(self.host, self.port)}/{self.service}".removesuffix("/")


class GrpcProbe:
    """Prepared once: the way there."""

    def __init__(self, options: GrpcOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        policy = tls.context(options.verify, options.ca, alpn=_ALPN) if options.tls else None
        name = (options.server_name or options.host).removesuffix(".")
        self._line = Line(
            options.host,
            options.port,
            options.family,
            options.names(),
            policy,
            name,
            Reason.GRPC_MALFORMED,
            _MOST_BYTES,
        )
        self._authority = options.authority or place(options.host, options.port)

    async def probe(self, due: Due) -> Observation:
        return await observe(due, self._clock, self._options.timeout, self._run)

    async def _run(self, attempt: Attempt) -> Judgement | None:
        options, watch, facts = self._options, attempt.watch, attempt.facts
        async with talking(attempt, self._line) as talk:
            call = Call(talk)
            watch.enter(Phase.SEND)
            call.ask(self._authority, "https" if options.tls else "http", options.service, options.metadata)
            watch.enter(Phase.PROCESSING)
            await call.begun()
            watch.enter(Phase.TRANSFER)
            answer = await call.answered()
        facts["grpc_status_code"] = answer.code
        if answer.status:
            facts["serving_status"] = answer.status
        _judge(answer)
        return expiring(facts.get("cert_expiry_s"), options.cert_expiring_within, self._clock.now_ms())


def _judge(answer: Answer) -> None:
    """Raises Failed unless it is serving."""
    if answer.code:
        name = CODES[answer.code] if answer.code < len(CODES) else str(answer.code)
        said = f": {answer.message}" if answer.message else ""
        raise Failed(Reason.GRPC_STATUS, f"the call failed with {name}{said}")
    if answer.status != _SERVING:
        raise Failed(Reason.GRPC_NOT_SERVING, f"expected {_SERVING}, found {answer.status}")


def build(options: CheckOptions, clock: Clock) -> GrpcProbe:
    """The prober of one check of kind grpc."""
    if not isinstance(options, GrpcOptions):
        raise TypeError(type(options).__name__)
    return GrpcProbe(options, clock)


def guesses(target: str) -> dict[str, object] | None:
    """`grpc://host:port` and `grpcs://host:port`, by TLS, mean this kind; a service may follow behind a slash."""
    start, _, service = target.partition("//")[2].partition("/")
    scheme = target.partition(":")[0].lower()
    keys = named_place(f"{scheme}://{start}", scheme) if scheme in ("grpc", "grpcs") else None
    if keys is None or "port" not in keys:
        return None
    return keys | ({"service": service} if service else {}) | ({"tls": True} if scheme == "grpcs" else {})


KIND = Kind(options=GrpcOptions, build=build, guesses=guesses, example="grpc://example.com:50051")
