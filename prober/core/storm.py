"""How many messages a channel takes before the rest is summed up, so that a storm neither floods nor hides anything.

A channel with a budget gets so many messages within its window, which begins with the first. What is beyond them is
held, the latest of each thing, and told as one digest when the window ends. Closings are guaranteed: the end of what
was announced is sent at once and counts for nothing; the end of what is still held is told with it.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from prober.core import ids
from prober.core.model import Headline, Held, Notice, NoticeReason, Storm
from prober.core.policy import Budget, Policy

OPENINGS = frozenset(
    {
        NoticeReason.OPENED,
        NoticeReason.REOPENED,
        NoticeReason.ESCALATED,
        NoticeReason.MAINTENANCE_SCHEDULED,
        NoticeReason.MAINTENANCE_STARTED,
    }
)
CLOSINGS = frozenset({NoticeReason.RESOLVED, NoticeReason.MAINTENANCE_COMPLETED, NoticeReason.MAINTENANCE_CANCELLED})


class Weighed(NamedTuple):
    """notices: to be sent now. storms: new values of those that moved, by channel."""

    notices: tuple[Notice, ...]
    storms: dict[str, Storm]


def weighed(policy: Policy, storms: Mapping[str, Storm], notices: Iterable[Notice], at_ms: int) -> Weighed:
    """What is sent of the notices that are owed now, and what is held."""
    sent: list[Notice] = []
    moved: dict[str, Storm] = {}
    for notice in notices:
        budget = policy.budgets.get(notice.channel)
        if budget is None:
            sent.append(notice)
            continue
        storm = _current(moved.get(notice.channel) or storms.get(notice.channel), notice.channel, budget, at_ms)
        moved[notice.channel], is_sent = _weigh(storm, notice, budget)
        if is_sent:
            sent.append(notice)
    return Weighed(tuple(sent), moved)


def _current(storm: Storm | None, channel: str, budget: Budget, at_ms: int) -> Storm:
    """The window that holds now: the one that is known, or another if that is over."""
    if storm is None or (not storm.held and at_ms >= storm.from_ms + budget.window_ms):
        return Storm(channel, at_ms)
    return storm


def _weigh(storm: Storm, notice: Notice, budget: Budget) -> tuple[Storm, bool]:
    """The storm with the notice counted or held, and whether it is sent."""
    key = (notice.subscription, notice.stream)
    known = next((held for held in storm.held if _key(held) == key), None)
    others = tuple(held for held in storm.held if _key(held) != key)
    if notice.reason in CLOSINGS and (known is None or not known.is_opening):
        return storm._replace(held=others), True
    if known is None and storm.sent < budget.notices:
        return storm._replace(sent=storm.sent + 1), True
    is_opening = notice.reason in OPENINGS or (known is not None and known.is_opening)
    return storm._replace(held=(*others, Held(notice, is_opening))), False


def _key(held: Held) -> tuple[str, str]:
    return held.notice.subscription, held.notice.stream


def due_ms(policy: Policy, storm: Storm) -> int | None:
    """When what it holds is told; None if it holds nothing. At once, if the channel has no budget any more."""
    if not storm.held:
        return None
    budget = policy.budgets.get(storm.channel)
    return storm.from_ms + (budget.window_ms if budget else 0)


def digests(
    policy: Policy, storm: Storm, headlines: Mapping[str, Headline], seq: int, at_ms: int, identity: bytes
) -> tuple[Notice, ...]:
    """One for each subscription and site that it holds something of; nothing for those that are gone."""
    found: dict[tuple[str, str], list[Notice]] = {}
    for held in storm.held:
        if held.notice.subscription in policy.subscriptions:
            found.setdefault((held.notice.subscription, held.notice.site), []).append(held.notice)
    return tuple(
        Notice(
            id="msg_" + ids.slug(f"{seq}:digest:{site}:{subscription}", identity, length=20),
            seq=seq,
            subscription=subscription,
            channel=policy.subscriptions[subscription].channel,
            reason=NoticeReason.DIGEST,
            at_ms=at_ms,
            site=site,
            stream=f"digest:{subscription}:{site}",
            headline=headlines[site],
            digest=tuple(notices),
        )
        for (subscription, site), notices in found.items()
    )
