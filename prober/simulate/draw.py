"""Random worlds, as scripts: the same seed gives the same world, and what it did can be read, kept and changed."""

from collections.abc import Iterator, Sequence
from random import Random

from prober.config import Config
from prober.options import show_duration

_DAY_S = 86_400
_NAMES = ("gateway", "shop", "search", "blog", "mail", "images", "login")
# Drawn from, so that a seed stays the same world when there are more of them.
_OURS = ("self_dns", "self_descriptors", "self_uplink", "self_permission", "self_stall", "self_internal")
_FAILURES = ("http_status", "connect_refused", "http_timeout", "tls_expired", "dns_nxdomain", "connect_reset")


def drawn(seed: int, days: int, config: Config | None = None) -> str:
    """A script for so many days; with a configuration, one that only tells what happens to its checks."""
    draw = Random(seed)
    lines = [f"# seed {seed}, {days} days"]
    checks = list(config.checks) if config else []
    if config is None:
        lines += _watched(draw, days)
        checks = [line.split()[1] for line in lines if line.startswith("check ")]
    told = [(_moment(at_s), text) for at_s, text in sorted(_told(draw, days * _DAY_S, checks))]
    return "\n".join([*lines, *(f"{moment} {text}" for moment, text in told), ""])


def _watched(draw: Random, days: int) -> Iterator[str]:
    """Canaries, and some components with checks of their own; the first is what others depend on.

    No verdict waits for canaries, so they must answer sooner than what they vouch for has failed twice.
    """
    yield "component network open_incident_at=never"
    yield "check canary-1 component=network interval=30s timeout=2s failures=1 canaries="
    yield "check canary-2 component=network interval=30s timeout=2s failures=1 canaries="
    names = _NAMES[: draw.randint(3, len(_NAMES))]
    for name in names:
        yield " ".join(["component", name, *_component_keys(draw, name)])
        for number in range(1, draw.choice((1, 1, 2)) + 1):
            yield " ".join(["check", f"{name}-{number}", f"component={name}", *_check_keys(draw)])
    for _ in range(days // 10):
        start_s = draw.randrange(days * _DAY_S)
        yield f"window {_moment(start_s)} {_moment(start_s + draw.randint(600, 14_400))} {draw.choice(names)}"
    if draw.random() < 0.5:
        yield f"window 02:30 03:15 daily {draw.choice(names)}"


def _component_keys(draw: Random, name: str) -> Iterator[str]:
    if name != _NAMES[0] and draw.random() < 0.5:
        yield f"depends_on={_NAMES[0]}"
    if draw.random() < 0.5:
        yield f"resolve_after={draw.choice(('5m', '10m'))}"
    if draw.random() < 0.3:
        yield "reopen_within=15m"
    if draw.random() < 0.2:
        yield "open_incident_at=major"


def _check_keys(draw: Random) -> Iterator[str]:
    yield f"interval={draw.choice(('30s', '1m', '2m'))}"
    yield f"failures={draw.randint(2, 4)}"
    yield f"successes={draw.randint(1, 3)}"
    yield "degraded_over=2s"
    yield "canaries=canary-1,canary-2"
    if draw.random() < 0.3:
        yield "failures_of=5"
    if draw.random() < 0.5:
        yield "retry_interval=10s"
    if draw.random() < 0.3:
        yield "flap_high=40"


def _told(draw: Random, until_s: int, checks: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Each target fails about once in four days, all of them about once in ten; we fail about once a week."""
    for check in checks:
        for at_s in _moments(draw, until_s, 4 * _DAY_S):
            yield at_s, f"{check} {_trouble(draw)}"
    for at_s in _moments(draw, until_s, 10 * _DAY_S):
        lasts = _lasts(draw)
        for check in checks:
            if not check.startswith("canary-"):
                yield at_s + draw.randint(0, 40), f"{check} down/{draw.choice(_FAILURES)} for {lasts}"
    for at_s in _moments(draw, until_s, 7 * _DAY_S):
        yield at_s, _own_trouble(draw)


def _moments(draw: Random, until_s: int, every_s: int) -> Iterator[int]:
    at_s = draw.expovariate(1 / every_s)
    while at_s < until_s:
        yield int(at_s)
        at_s += draw.expovariate(1 / every_s)


def _lasts(draw: Random) -> str:
    """Mostly short, seldom long."""
    return show_duration(int(min(draw.lognormvariate(6, 1.5), 2 * _DAY_S)) * 1000 + 1000)


def _trouble(draw: Random) -> str:
    lasts = _lasts(draw)
    return draw.choice(
        (
            f"down/{draw.choice(_FAILURES)} for {lasts}",
            f"down/{draw.choice(_FAILURES)} for {lasts}",
            f"up {draw.randint(3, 8)}s for {lasts}",
            f"degraded for {lasts}",
            f"flapping {draw.randint(20, 400)}s for {lasts}",
        )
    )


def _own_trouble(draw: Random) -> str:
    lasts = show_duration(draw.randint(10, 1800) * 1000)
    return draw.choice(
        (
            f"network down for {lasts}",
            f"{draw.choice(_OURS)} for {lasts}",
            f"restart for {lasts}",
            "restart",
            "reload",
            f"clock {draw.choice('+-')}{show_duration(draw.randint(2, 900) * 1000)}",
        )
    )


def _moment(at_s: int) -> str:
    days, rest = divmod(at_s, _DAY_S)
    return f"{days}d{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
