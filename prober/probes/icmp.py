"""Kind icmp: pings an address a few times, one after the other. Down when nothing comes back.

It needs no privilege, but a system that lets us: where it does not, that is our own trouble, and unknown.
"""

from pydantic import Field, ValidationInfo, field_validator

from prober.clock import Clock
from prober.core.model import Due, Observation, Outcome, Phase
from prober.core.reason import Reason
from prober.options import CheckOptions, DurationMs, show_duration
from prober.probes.base import Kind
from prober.probes.boundary import Attempt, Judgement, observe
from prober.probes.keys import Family, Host, fitting, named_place
from prober.probes.reach import ReachOptions, reached
from prober.wire.echo import FAMILIES, NO_ECHO, SMALLEST, Echoes, ask, echoing
from prober.wire.failure import Failed

# All waiting together ends before the deadline does, so that a loss is told as one.
_SHARE_OF_DEADLINE = 0.9


class IcmpOptions(ReachOptions):
    """The keys of a check of kind icmp."""

    host: Host
    """The name or address that is pinged."""
    count: int = Field(default=3, ge=1, le=20)
    """How many packets are sent, each when the one before is back or given up."""
    size: int = Field(default=56, ge=SMALLEST, le=1400)
    """Bytes of a packet's content."""
    degraded_loss_over: int | None = Field(default=None, ge=0, le=99)
    """Degraded when more than this share of the packets is lost, per cent."""
    degraded_rtt_over: DurationMs | None = None
    """Degraded when packets take longer than this, there and back, on average."""
    family: Family = "any"
    """Which addresses are used: "4", "6", "4 first", "6 first", or "any", in the system's order."""

    @field_validator("family", mode="after")
    @classmethod
    def _fits_host(cls, family: Family, info: ValidationInfo) -> Family:
        return fitting(family, info.data.get("host"))

    def shares(self) -> tuple[tuple[str, str], ...]:
        return (("host", self.host.lower()),)

    def target(self) -> str:
        return self.host


class IcmpProbe:
    """Pings, and counts what comes back."""

    def __init__(self, options: IcmpOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._names = options.names()

    async def probe(self, due: Due) -> Observation:
        return await observe(due, self._clock, self._options.timeout, self._run, NO_ECHO)

    async def _run(self, attempt: Attempt) -> Judgement | None:
        options, facts = self._options, attempt.facts
        address = await reached(attempt, options.host, options.family, self._names)
        attempt.watch.enter(Phase.PROCESSING)
        echoes, said = Echoes(), None
        wait_s = options.timeout / 1000 * _SHARE_OF_DEADLINE / options.count
        with echoing(address) as sockets:
            for _ in range(options.count):
                family, now_ns = FAMILIES[address.version], self._clock.monotonic_ns
                said = await ask(sockets, family, echoes, options.size, wait_s, now_ns) or said
                facts.update(_facts(echoes))
        if not echoes.rtts_us:
            raise said or Failed(Reason.ICMP_TIMEOUT, f"none of {echoes.sent} packets came back")
        return self.judged(echoes)

    def judged(self, echoes: Echoes) -> Judgement | None:
        """What is to be said of these echoes, of which there is one at least, if that is not *up*."""
        options = self._options
        if options.degraded_loss_over is not None and echoes.loss_percent > options.degraded_loss_over:
            lost = echoes.sent - len(echoes.rtts_us)
            return Judgement(Outcome.DEGRADED, Reason.ICMP_LOSS, f"{lost} of {echoes.sent} packets were lost")
        if options.degraded_rtt_over is not None and _average_us(echoes) > options.degraded_rtt_over * 1000:
            told = f"packets take longer than {show_duration(options.degraded_rtt_over)} on average"
            return Judgement(Outcome.DEGRADED, Reason.EXPECT_TIME, told)
        return None


def _average_us(echoes: Echoes) -> int:
    return sum(echoes.rtts_us) // len(echoes.rtts_us)


def _facts(echoes: Echoes) -> dict[str, float | int]:
    found: dict[str, float | int] = {
        "packets_sent": echoes.sent,
        "packets_received": len(echoes.rtts_us),
        "loss_percent": round(echoes.loss_percent, 1),
    }
    if echoes.rtts_us:
        found |= {"rtt_min_us": min(echoes.rtts_us), "rtt_avg_us": _average_us(echoes)}
        found |= {
            "rtt_p50_us": echoes.rtt_us(0.5),
            "rtt_p95_us": echoes.rtt_us(0.95),
            "rtt_max_us": max(echoes.rtts_us),
        }
    if echoes.hop_limit is not None:
        found["hop_limit"] = echoes.hop_limit
    return found


def build(options: CheckOptions, clock: Clock) -> IcmpProbe:
    """The prober of one check of kind icmp."""
    if not isinstance(options, IcmpOptions):
        raise TypeError(type(options).__name__)
    return IcmpProbe(options, clock)


def guesses(target: str) -> dict[str, object] | None:
    """`icmp://host` means this kind."""
    keys = named_place(target, "icmp")
    return keys if keys is not None and "port" not in keys else None


KIND = Kind(options=IcmpOptions, build=build, guesses=guesses, example="icmp://example.com")
