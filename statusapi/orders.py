"""What an operator asks for: read strictly, checked against who asks and what stands, and handed to the recorder."""

from collections.abc import Sequence
from copy import copy
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from prober.core.agenda import known, may
from prober.core.events import Decision, Ordered
from prober.core.incident import is_step
from prober.core.made import deleted_work
from prober.core.maintenance import upcoming
from prober.core.model import (
    ComponentState,
    Ending,
    Impact,
    Incident,
    IncidentStatus,
    MaintenanceState,
    Status,
)
from prober.core.orders import (
    Acknowledge,
    CancelMaintenance,
    EndMaintenance,
    ExtendMaintenance,
    MoveMaintenance,
    OfMaintenance,
    Open,
    Order,
    Post,
    ScheduleMaintenance,
    SetPin,
    StartMaintenance,
    TakePin,
)
from prober.core.own import OWN
from prober.core.work import moved
from prober.errors import StoreError
from prober.options import DurationMs, Name, mistake
from statusapi.auth import Principal
from statusapi.problems import Problem, not_found

if TYPE_CHECKING:
    from prober.clock import Clock
    from prober.config import Config
    from prober.record import Recorder

LONGEST_TEXT = 10_000  # characters
AHEAD_MS = 366 * 86_400_000  # how far ahead work may be planned

Step = Literal["investigating", "identified", "monitoring", "resolved", "postmortem"]


def _text(value: Any) -> str:
    """Text as people write it: without what surrounds it, and without characters that no text has."""
    if isinstance(value, str):
        text = "".join(c for c in value.replace("\r\n", "\n").strip() if c.isprintable() or c in "\n\t")
        if 1 <= len(text) <= LONGEST_TEXT:
            return text
    raise mistake(f"a text of 1 to {LONGEST_TEXT} characters")


def _moment(value: Any) -> Any:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise mistake(EXPECTED_MOMENT) from None
    if found.tzinfo is None:
        raise mistake(EXPECTED_MOMENT)
    return found


EXPECTED_MOMENT = "a date and time with its zone such as 2026-03-01T22:00:00+01:00"
Moment = Annotated[datetime, BeforeValidator(_moment)]
Body = Annotated[
    str, BeforeValidator(_text), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT})
]


class _Fields(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class PostFields(_Fields):
    """An entry of a timeline. status: where the incident then stands; without it, where it stands now."""

    body: Body
    status: Step | None = None


class AcknowledgeFields(_Fields):
    """For how long somebody knows; without it, until the incident ends."""

    duration: DurationMs | None = None


class OpenFields(_Fields):
    """An incident opened by hand."""

    site: str
    name: Name
    body: Body
    impact: Literal["none", "minor", "major", "critical"] = "minor"
    status: Literal["investigating", "identified", "monitoring"] = "investigating"
    components: list[str] = Field(default=[], max_length=1000)
    started_at: Moment | None = None
    """When it began; without it, now."""
    resolved_at: Moment | None = None
    """It is over since then: a record of what has been, of which nobody is told."""


class PinFields(_Fields):
    """A status that a component is to show. duration: for how long; without it, until it is taken off."""

    status: Literal["operational", "maintenance", "degraded", "partial", "major"]
    duration: DurationMs | None = None


class ScheduleFields(_Fields):
    """Work to be planned; the keys are those of the configuration's [maintenance.<id>]."""

    site: str
    name: Name
    components: list[str] = Field(default=[], max_length=1000)
    """What is worked on; without it, the whole site."""
    start: Moment | None = None
    """When it starts; without it, now."""
    end: Moment | None = None
    """When it ends; or `duration` says so."""
    duration: DurationMs | None = None
    """How long it lasts, from its start."""
    description: str = Field(default="", max_length=2000)
    auto_start: bool = True
    """Whether it starts at its time, or when a person says so."""
    auto_end: bool | Literal["when_green"] = True
    """Whether it ends at its time, only when a person says so, or at its time once nothing of it fails."""
    extend_up_to: DurationMs | None = None
    """With auto_end = "when_green": how much longer it may last at most."""
    remind_before: DurationMs | None = None
    """How long before its start it is told once more."""


class StepFields(_Fields):
    """A step in the life of a maintenance. body: what people read; without it, the usual sentence."""

    body: Body | None = None


class NoFields(_Fields):
    """Of what needs no more than its path."""


class ExtendFields(StepFields):
    """A later end: a moment (`until`), or how much later than it is to end now (`duration`)."""

    until: Moment | None = None
    duration: DurationMs | None = None


class MoveFields(StepFields):
    """Other times and components of planned work; what is not said stays. end, duration: one of them at most."""

    start: Moment | None = None
    end: Moment | None = None
    duration: DurationMs | None = None
    """How long it lasts, from its start."""
    components: list[str] | None = Field(default=None, min_length=1, max_length=1000)
    auto_start: bool | None = None
    auto_end: bool | None = None


_ENDING = {True: Ending.ON_TIME, False: Ending.BY_HAND, "when_green": Ending.WHEN_GREEN}
_STEPS: dict[type[OfMaintenance], str] = {
    StartMaintenance: "started",
    ExtendMaintenance: "extended",
    MoveMaintenance: "moved like this",
    EndMaintenance: "ended",
    CancelMaintenance: "cancelled",
}


class Remembered(Protocol):
    """What has ended and is shown still, though nothing can come of it any more."""

    def incident(self, num: int) -> Incident | None: ...

    def work(self, id_: str) -> MaintenanceState | None: ...


class Orders:
    """Carries out what a principal may ask for, and returns what came of it once that is on the disk."""

    def __init__(
        self, config: "Config", recorder: "Recorder", clock: "Clock", remembered: Remembered | None = None
    ) -> None:
        self._config = config
        self._recorder = recorder
        self._clock = clock
        self._remembered = remembered
        self._channels: frozenset[str] | None = None

    def telling(self, channels: frozenset[str]) -> "Orders":
        """The same, but subscriptions of other channels are not told of what is asked for; see Ordered."""
        limited = copy(self)
        limited._channels = channels
        return limited

    def follow(self, config: "Config") -> None:
        """Another configuration holds."""
        self._config = config

    async def post(self, principal: Principal, num: int, fields: PostFields, author: str = "") -> Incident:
        """Add an entry to a timeline. author: who says so, if it is not who asks.

        Raises Problem, and changes nothing, if the incident may not stand there.
        """
        incident = self._theirs(principal, num)
        state = self._recorder.shown
        if num not in state.incidents and all(num != one.num for one in state.ended.values()):
            raise Problem(409, "ended", "The incident is over, and others of its cause came after it.")
        status = None if fields.status is None else IncidentStatus(fields.status)
        if status is not None and not is_step(incident.status, status):
            text = f"An incident that is {incident.status} can't become {status}."
            raise Problem(409, "step", text)
        return await self._done(Post(num, fields.body, author or _author(principal), status))

    async def acknowledge(self, principal: Principal, num: int, fields: AcknowledgeFields) -> Incident:
        """Note that somebody knows of an open incident."""
        if not self._theirs(principal, num).is_open:
            raise Problem(409, "ended", "The incident has ended: there is nothing to acknowledge.")
        until_ms = None if fields.duration is None else self._clock.now_ms() + fields.duration
        return await self._done(Acknowledge(num, _author(principal), until_ms))

    async def open(self, principal: Principal, fields: OpenFields, author: str = "") -> Incident:
        """Open an incident by hand. author: who says so, if it is not who asks."""
        parts = self._parts(principal, fields)
        status, impact = IncidentStatus(fields.status), Impact[fields.impact.upper()]
        started_ms, resolved_ms = self._past_ms(fields)
        order = Open(fields.site, fields.name, fields.body, author or _author(principal), impact, parts, status)
        return await self._done(order._replace(started_ms=started_ms, resolved_ms=resolved_ms))

    def _parts(self, principal: Principal, fields: OpenFields | ScheduleFields) -> tuple[str, ...]:
        """The components that are named. Raises Problem unless they are of the site, and that is theirs."""
        site = self._config.sites.get(fields.site)
        if site is None or not principal.may_see(site.account):
            raise Problem(400, "field", "site: expected one of your sites")
        return self._parts_of(fields.site, fields.components)

    def _parts_of(self, site: str, components: Sequence[str]) -> tuple[str, ...]:
        for id_ in components:
            if id_ not in self._config.components or self._config.components[id_].site != site:
                raise Problem(400, "field", "components: expected components of the site")
        return tuple(dict.fromkeys(components))

    def _past_ms(self, fields: OpenFields) -> tuple[int | None, int | None]:
        """When it began and ended, if that is said. Raises Problem unless both are past, in that order."""
        started_ms, resolved_ms = (
            None if at is None else int(at.timestamp() * 1000) for at in (fields.started_at, fields.resolved_at)
        )
        now_ms = self._clock.now_ms()
        if started_ms is not None and not 0 <= started_ms <= now_ms:
            raise Problem(400, "field", "started_at: expected a moment that has passed")
        if resolved_ms is not None and (started_ms is None or not started_ms <= resolved_ms <= now_ms):
            raise Problem(400, "field", "resolved_at: expected a moment that has passed, after started_at")
        return started_ms, resolved_ms

    async def schedule(self, principal: Principal, fields: ScheduleFields) -> MaintenanceState:
        """Plan work. Raises Problem."""
        parts, now_ms = self._parts(principal, fields), self._clock.now_ms()
        start_ms, end_ms = _planned_ms(fields, now_ms)
        if (fields.auto_end == "when_green") is not bool(fields.extend_up_to):
            raise Problem(400, "field", 'extend_up_to: expected a duration with auto_end = "when_green", and only then')
        order = ScheduleMaintenance(
            site=fields.site,
            name=fields.name,
            author=_author(principal),
            start_ms=start_ms,
            end_ms=end_ms,
            components=parts or tuple(c for c, one in self._config.components.items() if one.site == fields.site),
            description=fields.description,
            auto_start=fields.auto_start,
            auto_end=_ENDING[fields.auto_end],
            extend_up_to_ms=fields.extend_up_to or 0,
            remind_before_ms=fields.remind_before,
        )
        decision = await self._recorded(order)
        made = [] if decision is None else [work for work in decision.maintenances if work.num]
        return max(made, key=lambda work: work.num)

    async def start(self, principal: Principal, id_: str, fields: StepFields) -> MaintenanceState:
        """Start a maintenance now. Raises Problem, and changes nothing, if it may not be; so do the steps below."""
        return await self._stepped(principal, StartMaintenance(id_, _author(principal), fields.body or ""))

    async def extend(self, principal: Principal, id_: str, fields: ExtendFields) -> MaintenanceState:
        """Let it end later."""
        work = self.maintenance(principal, id_)
        if (fields.until is None) is (fields.duration is None):
            raise Problem(400, "field", "until: expected a moment, or a duration in its place")
        until_ms = work.end_ms + (fields.duration or 0) if fields.until is None else _ms(fields.until)
        now_ms = self._clock.now_ms()
        if work.is_live and not max(work.end_ms, now_ms) < until_ms <= now_ms + AHEAD_MS:
            raise Problem(400, "field", "until: expected a later end than it has, which is to come within a year")
        return await self._stepped(principal, ExtendMaintenance(id_, _author(principal), until_ms, fields.body or ""))

    async def move(self, principal: Principal, id_: str, fields: MoveFields) -> MaintenanceState:
        """Give it other times, components, or ways to start and to end; the same if nothing of it would change."""
        work = self.maintenance(principal, id_)
        if work.window:
            raise Problem(409, "declared", f"maintenance.{work.window} is declared in the configuration file.")
        start_ms, end_ms = self._moved_ms(work, fields)
        parts = work.components if fields.components is None else self._parts_of(work.site, fields.components)
        order = MoveMaintenance(id_, _author(principal), start_ms, end_ms, parts, fields.body or "", fields.auto_start)
        order = order._replace(auto_end=None if fields.auto_end is None else _ENDING[fields.auto_end])
        is_news = moved(work, order, self._clock.now_ms()) != work
        return await self._stepped(principal, order) if is_news else work

    def _moved_ms(self, work: MaintenanceState, fields: MoveFields) -> tuple[int, int]:
        """When it is to start and end. Raises Problem unless what is new of that is to come, within a year."""
        if fields.end is not None and fields.duration is not None:
            raise Problem(400, "field", "end: expected a moment, or a duration in its place")
        now_ms = self._clock.now_ms()
        start_ms = work.start_ms if fields.start is None else _ms(fields.start)
        if start_ms != work.start_ms and not now_ms <= start_ms <= now_ms + AHEAD_MS:
            raise Problem(400, "field", "start: expected a moment to come, at most a year ahead")
        lasts_ms = work.end_ms - work.start_ms if fields.duration is None else fields.duration
        end_ms = start_ms + lasts_ms if fields.end is None else _ms(fields.end)
        if work.is_live and not max(start_ms, now_ms) < end_ms <= now_ms + AHEAD_MS:
            raise Problem(400, "field", "end: expected a moment to come after the start, at most a year ahead")
        return start_ms, end_ms

    async def end(self, principal: Principal, id_: str, fields: StepFields) -> MaintenanceState:
        """End one that is under way, now."""
        return await self._stepped(principal, EndMaintenance(id_, _author(principal), fields.body or ""))

    async def cancel(self, principal: Principal, id_: str, fields: StepFields) -> MaintenanceState:
        """Call off one that has not started."""
        return await self._stepped(principal, CancelMaintenance(id_, _author(principal), fields.body or ""))

    async def withdraw(self, principal: Principal, id_: str) -> None:
        """End one that is to come or under way, since whoever was told of it must be told. Raises Problem."""
        work, fields = self.maintenance(principal, id_), StepFields(body="This maintenance has been withdrawn.")
        if work.is_live:
            await (self.end if work.is_under_way else self.cancel)(principal, id_, fields)

    async def _stepped(
        self,
        principal: Principal,
        order: StartMaintenance | ExtendMaintenance | MoveMaintenance | EndMaintenance | CancelMaintenance,
    ) -> MaintenanceState:
        work = self.maintenance(principal, order.id)
        if not may(work, order):
            raise Problem(409, "step", f"A maintenance that is {work.status} can't be {_STEPS[type(order)]}.")
        decision = await self._recorded(order)
        done = () if decision is None else decision.maintenances
        found = next((one for one in done if one.id == order.id), None)
        if found is None:
            raise Problem(409, "conflict", "Something else has happened to the maintenance meanwhile.")
        return found

    def maintenance(self, principal: Principal, id_: str) -> MaintenanceState:
        """One that is under way, to come, or still remembered. Raises Problem if it is not theirs to see."""
        state, policy = self._recorder.shown, self._recorder.policy
        work = known(state.maintenances, policy, id_, self._clock.now_ms())
        if work is None and self._remembered is not None:
            work = self._remembered.work(id_)
        is_deleted = ("deleted", deleted_work(id_)) in self._config.made
        if work is None or is_deleted or not self._is_site_of(principal, work.site):
            raise not_found()
        return work

    def coming(self, principal: Principal, id_: str, count: int) -> list[MaintenanceState]:
        """The next times, under way or to come, of what the configuration declares. Raises Problem."""
        window = self._recorder.policy.maintenances.get(id_)
        if window is None or not self._is_site_of(principal, window.site):
            raise not_found()
        return [self.maintenance(principal, one.id) for one in upcoming(window, self._clock.now_ms(), count)]

    def _is_site_of(self, principal: Principal, id_: str) -> bool:
        site = self._config.sites.get(id_)
        return site is not None and principal.may_see(site.account)

    async def pin(self, principal: Principal, component: str, fields: PinFields) -> ComponentState:
        """Let a component show a status. Raises Problem if it is not theirs."""
        until_ms = None if fields.duration is None else self._clock.now_ms() + fields.duration
        return await self._pinned(principal, SetPin(component, Status(fields.status), _author(principal), until_ms))

    async def unpin(self, principal: Principal, component: str) -> ComponentState:
        """Let it show again what its checks say. Raises Problem if it is not theirs."""
        return await self._pinned(principal, TakePin(component, _author(principal)))

    async def _pinned(self, principal: Principal, order: SetPin | TakePin) -> ComponentState:
        component = self._config.components.get(order.component)
        if component is None or not principal.may_see(self._config.sites[component.site].account):
            raise not_found()
        await self._recorded(order)
        return self._recorder.shown.components[order.component]

    def own(self, principal: Principal) -> list[Incident]:
        """The open incidents of our own trouble, which stand on no page; none but for the admin."""
        found = self._recorder.shown.incidents.values()
        return [incident for incident in found if incident.site == OWN and principal.is_admin]

    def find(self, principal: Principal, num: int) -> Incident:
        """An incident that is open, or still remembered. Raises Problem if it is not theirs to see."""
        return self._theirs(principal, num)

    def _theirs(self, principal: Principal, num: int) -> Incident:
        state = self._recorder.shown
        ended = (incident for incident in state.ended.values() if incident.num == num)
        incident = state.incidents.get(num) or next(ended, None)
        if incident is None and self._remembered is not None:
            incident = self._remembered.incident(num)
        site = None if incident is None else self._config.sites.get(incident.site)
        is_own = incident is not None and incident.site == OWN and principal.is_admin
        is_theirs = is_own or (site is not None and principal.may_see(site.account))
        is_deleted = ("deleted", str(num)) in self._config.made
        if incident is None or is_deleted or not is_theirs:
            raise not_found()
        return incident

    async def _recorded(self, order: Order) -> Decision | None:
        try:
            return await self._recorder.record(Ordered(self._clock.now_ms(), order, self._channels))
        except StoreError as error:
            raise Problem(503, "store", f"It is noted, but can't be written now: {error}.") from None

    async def _done(self, order: Order) -> Incident:
        decision = await self._recorded(order)
        if decision is None or not decision.incidents:
            raise Problem(409, "conflict", "Something else has happened to the incident meanwhile.")
        return decision.incidents[0]


def _planned_ms(fields: ScheduleFields, now_ms: int) -> tuple[int, int]:
    """When it is to start and end. Raises Problem unless that is to come, in that order, within a year."""
    if (fields.end is None) is (fields.duration is None):
        raise Problem(400, "field", "end: expected a moment, or a duration in its place")
    start_ms = now_ms if fields.start is None else _ms(fields.start)
    if not now_ms <= start_ms <= now_ms + AHEAD_MS:
        raise Problem(400, "field", "start: expected a moment to come, at most a year ahead")
    end_ms = start_ms + (fields.duration or 0) if fields.end is None else _ms(fields.end)
    if not start_ms < end_ms <= now_ms + AHEAD_MS:
        raise Problem(400, "field", "end: expected a moment after the start, at most a year ahead")
    return start_ms, end_ms


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _author(principal: Principal) -> str:
    return principal.account or "admin"
