"""Whether most answers of a while were fast enough: a quantile of their latency against a bound.

The rules:

1. Every answer that was not a failure counts, whatever else was wrong with it; what was unknown does not.
2. They are counted in tenths of the window, which begin at multiples of its tenth since the epoch. The answers of the
   latest tenth and of the nine before it are judged: between nine tenths of the window and all of it.
3. Of n answers in order of their latency, counted from 0, the one at percent / 100 * (n - 1), rounded down, must not
   take longer than the bound. So of 2 to 20 answers one may be slow at 95 per cent.

Whether that one is slow is known, exactly, from how many are: two numbers a tenth are enough, however many answers.
An answer was slow or not by the bound that held when it came.
"""

from prober.core.model import Observation, Outcome
from prober.core.policy import Quantile

Pace = tuple[tuple[int, int, int], ...]
"""By tenths, oldest first: when it begins (ms), how many answers, and how many of them were slow."""

TENTHS = 10


def paced(pace: Pace, observation: Observation, quantile: Quantile | None) -> Pace:
    """The counts with one more answer, without the tenths that have passed out of the window."""
    if quantile is None:
        return ()
    at_ms, tenth_ms = observation.started_ms, max(1, quantile.window_ms // TENTHS)
    begins_ms = at_ms - at_ms % tenth_ms
    kept = tuple(tenth for tenth in pace if begins_ms - TENTHS * tenth_ms < tenth[0])
    if observation.outcome is Outcome.DOWN:
        return kept
    answers, slow = 0, 0
    if kept and kept[-1][0] >= begins_ms:  # later only if the clock was set back
        begins_ms, answers, slow = kept[-1]
        kept = kept[:-1]
    return (*kept, (begins_ms, answers + 1, slow + (observation.took_us > quantile.over_us)))


def totals(pace: Pace) -> tuple[int, int]:
    """How many answers there are in the window, and how many of them were slow."""
    return sum(answers for _, answers, _ in pace), sum(slow for _, _, slow in pace)


def told(pace: Pace, quantile: Quantile | None) -> str:
    """What is so of the window, in words."""
    answers, slow = totals(pace)
    return f"{slow} of {answers} answers took more than {(quantile.over_us if quantile else 0) / 1000:g} ms"


def is_slow(pace: Pace, quantile: Quantile | None) -> bool:
    """Whether the answer at the quantile took longer than its bound."""
    answers, slow = totals(pace)
    return quantile is not None and slow > 0 and answers - slow <= quantile.percent * (answers - 1) // 100
