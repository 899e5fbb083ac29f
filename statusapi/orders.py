"""What an operator asks for: read strictly, checked against who asks and what stands, and handed to the recorder."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from prober.core.events import Ordered
from prober.core.incident import is_step
from prober.core.model import Impact, Incident, IncidentStatus
from prober.core.orders import Acknowledge, Open, Order, Post
from prober.errors import StoreError
from prober.options import DurationMs, Name, mistake
from statusapi.auth import Principal
from statusapi.problems import Problem, not_found

if TYPE_CHECKING:
    from prober.clock import Clock
    from prober.config import Config
    from prober.record import Recorder

LONGEST_TEXT = 10_000  # characters

Status = Literal["investigating", "identified", "monitoring", "resolved", "postmortem"]


def _text(value: Any) -> str:
    """Text as people write it: without what surrounds it, and without characters that no text has."""
    if isinstance(value, str):
        text = "".join(c for c in value.replace("\r\n", "\n").strip() if c.isprintable() or c in "\n\t")
        if 1 <= len(text) <= LONGEST_TEXT:
            return text
    raise mistake(f"a text of 1 to {LONGEST_TEXT} characters")


Body = Annotated[str, BeforeValidator(_text)]


class _Fields(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class PostFields(_Fields):
    """An entry of a timeline. status: where the incident then stands; without it, where it stands now."""

    body: Body
    status: Status | None = None


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


class Orders:
    """Carries out what a principal may ask for, and returns what came of it once that is on the disk."""

    def __init__(self, config: "Config", recorder: "Recorder", clock: "Clock") -> None:
        self._config = config
        self._recorder = recorder
        self._clock = clock

    def follow(self, config: "Config") -> None:
        """Another configuration holds."""
        self._config = config

    async def post(self, principal: Principal, num: int, fields: PostFields) -> Incident:
        """Add an entry to a timeline. Raises Problem, and changes nothing, if the incident may not stand there."""
        incident = self._theirs(principal, num)
        status = None if fields.status is None else IncidentStatus(fields.status)
        if status is not None and not is_step(incident.status, status):
            text = f"An incident that is {incident.status} can't become {status}."
            raise Problem(409, "step", text)
        return await self._done(Post(num, fields.body, _author(principal), status))

    async def acknowledge(self, principal: Principal, num: int, fields: AcknowledgeFields) -> Incident:
        """Note that somebody knows of an open incident."""
        if not self._theirs(principal, num).is_open:
            raise Problem(409, "ended", "The incident has ended: there is nothing to acknowledge.")
        until_ms = None if fields.duration is None else self._clock.now_ms() + fields.duration
        return await self._done(Acknowledge(num, _author(principal), until_ms))

    async def open(self, principal: Principal, fields: OpenFields) -> Incident:
        """Open an incident by hand."""
        site = self._config.sites.get(fields.site)
        if site is None or not principal.may_see(site.account):
            raise Problem(400, "field", "site: expected one of your sites")
        for id_ in fields.components:
            if id_ not in self._config.components or self._config.components[id_].site != fields.site:
                raise Problem(400, "field", "components: expected components of the site")
        status, impact = IncidentStatus(fields.status), Impact[fields.impact.upper()]
        parts = tuple(dict.fromkeys(fields.components))
        return await self._done(Open(fields.site, fields.name, fields.body, _author(principal), impact, parts, status))

    def find(self, principal: Principal, num: int) -> Incident:
        """An incident that is open, or the latest of its cause. Raises Problem if it is not theirs to see."""
        return self._theirs(principal, num)

    def _theirs(self, principal: Principal, num: int) -> Incident:
        state = self._recorder.shown
        ended = (incident for incident in state.ended.values() if incident.num == num)
        incident = state.incidents.get(num) or next(ended, None)
        site = None if incident is None else self._config.sites.get(incident.site)
        is_deleted = ("deleted", str(num)) in self._config.made
        if incident is None or site is None or is_deleted or not principal.may_see(site.account):
            raise not_found()
        return incident

    async def _done(self, order: Order) -> Incident:
        try:
            decision = await self._recorder.record(Ordered(self._clock.now_ms(), order))
        except StoreError as error:
            raise Problem(503, "store", f"It is noted, but can't be written now: {error}.") from None
        if decision is None or not decision.incidents:
            raise Problem(409, "conflict", "Something else has happened to the incident meanwhile.")
        return decision.incidents[0]


def _author(principal: Principal) -> str:
    return principal.account or "admin"
