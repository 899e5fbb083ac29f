"""What a call in the StatusDashboard dialect asks to be sent of its event.

It goes to channels of the configuration that have a number, through the outbox, once, and to those who subscribe by a
way that the call names without numbers. Others who subscribe are told nothing of the call, but for the end of what they
were told of. A channel that a subscription tells the same is not told twice, unless the call has words of its own.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import NamedTuple

from prober.config import Config
from prober.core import ids, notice
from prober.core.model import Headline, Incident, MaintenanceState, Notice, NoticeReason
from statusapi.dialects.statusdashboard_fields import Notifications, wrong

KINDS: Mapping[str, str] = {
    "email": "email",
    "hipchat": "hipchat",
    "slack": "slack",
    "sms": "sms",
    "twitter": "x",
    "webhook": "webhook",
}
"""What the dialect calls a way to tell people -> the kind of channel."""
SUBSCRIPTION = "statusdashboard"
"""Stands in notices where a subscription's id would."""

Event = Incident | MaintenanceState


class Call(NamedTuple):
    """A channel that is to be told. subject, text: words of the call, None = prober's own. details: both texts."""

    channel: str
    subject: str | None
    text: str | None
    details: bool

    @property
    def has_words(self) -> bool:
        return bool(self.subject or self.text)


def calls(config: Config, asked: Notifications | None) -> list[Call]:
    """Whom a call names. Raises Problem: a number that no such channel has, or nobody to tell."""
    return [] if asked is None else [call for name in KINDS for call in _calls(config, asked, name)]


def subscribed(
    config: Config, asked: Notifications | None, named: Sequence[Call], *, is_hidden: bool = False
) -> frozenset[str]:
    """The channels whose subscriptions a call means: what it names by number, and all of a way that it names without,
    but for what it has words of its own for. is_hidden: not those to readers.
    """
    ways = () if asked is None else ((KINDS[name], getattr(asked, name)) for name in KINDS)
    kinds = {kind for kind, way in ways if way is not None and way.enabled and way.numbers is None}
    own_words = {call.channel for call in named if call.has_words}
    readers = {id_ for id_, one in config.channels.items() if is_hidden and one.is_for_subscribers()}
    return frozenset({*_with_subscriptions(config, kinds), *(call.channel for call in named)} - own_words - readers)


def _with_subscriptions(config: Config, kinds: Container[str]) -> Iterator[str]:
    for one in config.policy().subscriptions.values():
        if config.channels[one.channel].kind in kinds:
            yield one.channel


def _calls(config: Config, asked: Notifications, name: str) -> Iterator[Call]:
    way = getattr(asked, name)
    if way is None or not way.enabled:
        return
    of_kind = {one.number: id_ for id_, one in config.channels.items() if one.kind == KINDS[name] and one.number}
    meant = list(of_kind) if way.numbers is None else list(dict.fromkeys(way.numbers))
    if not meant and not (way.numbers is None and any(_with_subscriptions(config, {KINDS[name]}))):
        what = (
            "no channel of this kind has a number or a subscription"
            if way.numbers is None
            else "name one at least by its number"
        )
        raise wrong("notifications", f"{name}: {what}.")
    for number in meant:
        if number not in of_kind:
            raise wrong("notifications", f"{name}: could not find the channel {number}.")
        yield Call(of_kind[number], way.subject, way.text, bool(way.details))


def notices(
    config: Config,
    event: Event,
    asked: Sequence[Call],
    channels: frozenset[str],
    headline: Headline,
    at_ms: int,
    *,
    is_new: bool,
    is_news: bool,
) -> list[Notice]:
    """What these calls owe.

    channels: those whose subscriptions the call means. is_new: the event was made by this call. is_news: subscriptions
    are told of it by now.
    """
    occasion = _occasion(event, at_ms, is_new=is_new)._replace(channels=channels)
    needs_look = is_news and not all(call.has_words for call in asked)
    heard = {one.channel for one in notice.interested(config.policy(), occasion)} if needs_look else set()
    owed = [call for call in asked if call.has_words or call.channel not in heard]
    return [_notice(occasion, call, headline) for call in owed]


def _occasion(event: Event, at_ms: int, *, is_new: bool) -> notice.Occasion:
    if isinstance(event, MaintenanceState):
        return notice.of_maintenance(_reason_of_work(event), event, at_ms)
    running = NoticeReason.OPENED if is_new else NoticeReason.UPDATED
    return notice.of_incident(running if event.is_open else NoticeReason.RESOLVED, event, at_ms)


def _reason_of_work(work: MaintenanceState) -> NoticeReason:
    if work.ended_ms is not None:
        return NoticeReason.MAINTENANCE_COMPLETED
    return NoticeReason.MAINTENANCE_SCHEDULED if work.started_ms is None else NoticeReason.MAINTENANCE_STARTED


def _notice(occasion: notice.Occasion, call: Call, headline: Headline) -> Notice:
    incident, work = occasion.incident, occasion.maintenance
    of = f"{occasion.stream}:{occasion.at_ms}:{call}"
    return Notice(
        id="msg_" + ids.slug(f"{SUBSCRIPTION}:{of}", length=20),
        seq=0,
        subscription=SUBSCRIPTION,
        channel=call.channel,
        reason=occasion.reason,
        at_ms=occasion.at_ms,
        site=occasion.site,
        stream=occasion.stream,
        headline=headline,
        incident=None if incident is None else _incident_in_words(incident, call),
        maintenance=None if work is None else _work_in_words(work, call),
    )


def _incident_in_words(incident: Incident, call: Call) -> Incident:
    incident = incident._replace(name=call.subject or incident.name)
    if not call.text or not incident.updates:
        return incident
    *before, last = incident.updates
    return incident._replace(updates=(*before, last._replace(body=_text(call, last.body))))


def _work_in_words(work: MaintenanceState, call: Call) -> MaintenanceState:
    work = work._replace(name=call.subject or work.name)
    if not call.text:
        return work
    body = work.updates[-1].body if len(work.updates) > 1 else work.description
    return work._replace(updates=work.updates[:1], description=_text(call, body))


def _text(call: Call, told: str) -> str:
    return f"{call.text}\n{told}" if call.details else str(call.text)
