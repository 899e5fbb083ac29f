"""Builders with defaults, so that a test shows only what matters."""

from collections.abc import Sequence
from typing import Any

from prober.core.model import Observation, Outcome
from prober.core.policy import CheckPolicy, ComponentPolicy, Maintenance, Need, Policy, Quantile, SubscriptionPolicy
from prober.core.reason import Reason
from prober.core.suppress import below

T0 = 1_700_000_000_000  # a moment, ms UTC; divisible by nothing in particular

_REASON = {Outcome.DOWN: Reason.CONNECT_REFUSED, Outcome.DEGRADED: Reason.EXPECT_TIME, Outcome.UNKNOWN: Reason.SELF_DNS}


def observation(
    outcome: str = "up", at_ms: int = T0, check: str = "shop", took_us: int = 1_000, **more: Any
) -> Observation:
    """An observation of `check`; a bad one has the usual reason for its outcome."""
    kind = Outcome(outcome)
    defaults = {"reason": _REASON.get(kind), "scheduled_ms": at_ms, "started_ms": at_ms}
    return Observation(check=check, took_us=took_us, outcome=kind, **(defaults | more))


def check(id_: str = "shop", component: str = "shop", **more: Any) -> CheckPolicy:
    """A check that is down after 2 failures and up after 2 successes; keys of its needs as in the configuration."""
    down = Need(more.pop("failures", 2), more.pop("failures_of", None), more.pop("failures_for_ms", 0))
    keys = ("degraded_failures", "degraded_failures_of", "degraded_failures_for_ms")
    found = [more.pop(key, None) for key in keys]
    degraded = down if found[0] is None else Need(found[0], found[1], found[2] or 0)
    up = Need(more.pop("successes", 2), more.pop("successes_of", None), more.pop("successes_for_ms", 0))
    if "quantile_over_us" in more:
        percent, window_ms = more.pop("quantile", 95), more.pop("quantile_window_ms", 600_000)
        more["quantile"] = Quantile(percent, more.pop("quantile_over_us"), window_ms)
    defaults: dict[str, Any] = {"interval_ms": 60_000, "down": down, "degraded": degraded, "up": up}
    return CheckPolicy(id_, component, **(defaults | more))


def component(id_: str = "shop", checks: Sequence[str] = ("shop",), **more: Any) -> ComponentPolicy:
    """A component of site "main", named by its id."""
    return ComponentPolicy(id_, **({"site": "main", "name": id_.title(), "checks": tuple(checks)} | more))


def subscription(id_: str = "ops", **more: Any) -> SubscriptionPolicy:
    """A subscription to everything on channel "hook"."""
    return SubscriptionPolicy(id_, **({"channel": "hook"} | more))


def window(start_ms: int, end_ms: int, components: Sequence[str] = ("shop",), id_: str = "upgrade") -> Maintenance:
    """A maintenance of site "main"."""
    return Maintenance(id_, "main", id_.title(), start_ms, end_ms, tuple(components))


def policy(
    *checks: CheckPolicy,
    components: Sequence[ComponentPolicy] | None = None,
    subscriptions: Sequence[SubscriptionPolicy] = (),
    windows: Sequence[Maintenance] = (),
) -> Policy:
    """A policy of these; components default to one for each that the checks name, checks to the shop's."""
    checks = checks or (check(),)
    if components is None:
        names = dict.fromkeys(c.component for c in checks)
        components = [component(n, [c.id for c in checks if c.component == n]) for n in names]
    return Policy(
        checks={c.id: c for c in checks},
        components={c.id: c for c in components},
        subscriptions={s.id: s for s in subscriptions},
        maintenances={w.id: w for w in windows},
        below=below({c.id: c for c in components}),
    )
