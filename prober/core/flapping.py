"""Does a check flap: does it change between good and bad too often to be believed either way.

Of the latest 21 answers, each change from good to bad or back counts, the newest half as much again as the oldest
(weights rise evenly from 0.8 to 1.2, after Nagios). When their share reaches the high mark, the check flaps; when it
falls to the low mark, it no longer does. While it flaps, its verdict moves as ever, but an incident is not ended: a
real end, which lasts, brings the share below the low mark and is told.
"""

from prober.core.policy import CheckPolicy

CHANGES = 20
_MASK = (1 << CHANGES) - 1
_WEIGHTS = tuple(1.2 - 0.4 * n / (CHANGES - 1) for n in range(CHANGES))
_WHOLE = sum(_WEIGHTS)


def shifted(flips: int, has_changed: bool) -> int:
    """The latest changes with one more answer, a bit each, the newest lowest."""
    return (flips << 1 | has_changed) & _MASK


def share(flips: int) -> float:
    """The weighted share of changes, from 0 to 1."""
    return sum(weight for n, weight in enumerate(_WEIGHTS) if flips >> n & 1) / _WHOLE


def flapped(before: int, flips: int, policy: CheckPolicy) -> int:
    """Changes since it began to flap, with those that made it so; 0 = it does not flap. before: the same, before."""
    if policy.flap_high is None:
        return 0
    found = share(flips)
    if before:
        return 0 if found <= policy.flap_low else before + (flips & 1)
    return flips.bit_count() if found >= policy.flap_high else 0
