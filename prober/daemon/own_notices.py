"""Notices of prober's own: that a channel is given up, and that it is back; told to the other channels. Pure.

They are told as an incident without components, so that every kind of channel can carry them.
"""

from collections.abc import Iterable

from prober.core import ids
from prober.core.model import (
    Headline,
    Impact,
    Incident,
    IncidentStatus,
    Indicator,
    Notice,
    NoticeReason,
    Update,
)

SUBSCRIPTION = "prober"
HEADLINE = Headline(Indicator.NONE, "A notice of prober's own")


def disabled(channel: str, others: Iterable[str], site: str, since_ms: int, at_ms: int, why: str) -> list[Notice]:
    """What tells the others that nothing is sent to a channel any more. since_ms: since when nothing has arrived."""
    body = (
        f"Nothing is sent to channel {channel} any more; its notices are kept. When it is mended: "
        f"prober channels enable {channel}. The last failure: {why}"
    )
    told = _incident(channel, site, since_ms, at_ms, (Update(at_ms, IncidentStatus.INVESTIGATING, body),))
    return _notices(told, channel, others, NoticeReason.OPENED, at_ms)


def enabled(channel: str, others: Iterable[str], site: str, since_ms: int, at_ms: int) -> list[Notice]:
    """What tells the others that a channel which was disabled at since_ms is served again."""
    update = Update(at_ms, IncidentStatus.RESOLVED, f"Channel {channel} is served again.")
    told = _incident(channel, site, since_ms, since_ms, (update,))
    ended = told._replace(status=IncidentStatus.RESOLVED, updated_ms=at_ms, resolved_ms=at_ms)
    return _notices(ended, channel, others, NoticeReason.RESOLVED, at_ms)


def test(channel: str, site: str, at_ms: int) -> Notice:
    """What is sent to see whether a channel works; marked as a test wherever it is read."""
    body = f"This is a test of channel {channel}. Nothing has happened, and nothing is to be done."
    told = Incident(
        num=0,
        uid=ids.uid(at_ms, 0),
        slug=ids.slug(f"test:{channel}:{at_ms}"),
        site=site,
        cause=f"test:{channel}",
        name="[TEST] A test notice",
        status=IncidentStatus.RESOLVED,
        impact=Impact.NONE,
        started_ms=at_ms,
        opened_ms=at_ms,
        updated_ms=at_ms,
        affected=(),
        updates=(Update(at_ms, IncidentStatus.RESOLVED, body),),
        resolved_ms=at_ms,
    )
    (notice,) = _notices(told, channel, [channel], NoticeReason.UPDATED, at_ms)
    return notice._replace(stream=f"drill:{channel}")  # it waits for nothing, and nothing for it


def is_own(notice: Notice) -> bool:
    """Whether it is one of these, and not of what is watched."""
    return notice.incident is not None and not notice.incident.num


def _incident(channel: str, site: str, since_ms: int, opened_ms: int, updates: tuple[Update, ...]) -> Incident:
    return Incident(
        num=0,
        uid=ids.uid(opened_ms, 0),
        slug=ids.slug(f"channel:{channel}:{opened_ms}"),
        site=site,
        cause=f"channel:{channel}",
        name=f"Channel {channel} takes no notices",
        status=IncidentStatus.INVESTIGATING,
        impact=Impact.MINOR,
        started_ms=since_ms,
        opened_ms=opened_ms,
        updated_ms=opened_ms,
        affected=(),
        updates=updates,
    )


def _notices(incident: Incident, channel: str, to: Iterable[str], reason: NoticeReason, at_ms: int) -> list[Notice]:
    return [
        Notice(
            id="msg_" + ids.slug(f"{incident.cause}:{reason}:{at_ms}:{one}", length=20),
            seq=0,
            subscription=SUBSCRIPTION,
            channel=one,
            reason=reason,
            at_ms=at_ms,
            site=incident.site,
            stream=f"channel:{channel}",
            headline=HEADLINE,
            incident=incident,
        )
        for one in to
    ]
