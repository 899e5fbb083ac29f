"""What Prometheus's Alertmanager posts to a webhook receiver (version 4) becomes incidents of components.

The rules:

1. `[alerts.<id>]` says which labels mean which component; the first table that fits decides. Others are ignored.
2. The fingerprint is the key: the author of an incident's first entry names it, so that it outlives a restart. A firing
   alert opens one incident; told again, nothing more. One that a person has resolved is not opened again, until the
   alert has ended and begun anew.
3. A resolved alert closes what its fingerprint has opened, and nothing else.
4. Each alert's own status counts: a group is firing while any of it is.
"""

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import anyio
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from prober.core.model import Incident
from statusapi.auth import Auth, Principal, Scope, bearer, no_bearer
from statusapi.decode import parsed, taken
from statusapi.orders import LONGEST_TEXT, Moment, OpenFields, Orders, PostFields
from statusapi.problems import Problem

if TYPE_CHECKING:
    from prober.clock import Clock
    from prober.config import AlertRule, Config
    from prober.record import Recorder

PATH = "/api/prober/v1/alertmanager"
LONGEST = 4 * 1024 * 1024  # bytes: a group may have thousands of alerts, and what is refused is not sent again
_LONGEST_NAME = 200  # characters


class _Part(BaseModel):
    """What is read of a message; whatever else it says is of no concern."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Alert(_Part):
    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    starts_at: Moment = Field(alias="startsAt")
    fingerprint: str = Field(pattern=r"^[0-9A-Za-z]{1,64}$")

    @property
    def author(self) -> str:
        return f"alertmanager {self.fingerprint}"

    def text(self, *names: str) -> str:
        """The first of these annotations that says something, or the alert's name; on one line."""
        found = next((self.annotations[name] for name in names if self.annotations.get(name, "").strip()), "")
        words = "".join(c if c.isprintable() else " " for c in found or self.labels.get("alertname", "Alert"))
        return " ".join(words.split()) or "Alert"


class _Message(_Part):
    version: Literal["4"]
    alerts: list[_Alert]


class Alerts:
    """Takes messages of Alertmanager."""

    def __init__(self, config: "Config", recorder: "Recorder", clock: "Clock", auth: Auth, orders: Orders) -> None:
        self._config = config
        self._recorder = recorder
        self._clock = clock
        self._auth = auth
        self._orders = orders
        self._one_by_one = anyio.Lock()  # two replicas may tell the same at the same time

    def follow(self, config: "Config") -> None:
        """Another configuration holds."""
        self._config = config

    def routes(self) -> list[BaseRoute]:
        """Where Alertmanager's webhook_configs point to, with a key that may write."""
        return [Route(PATH, self._take, methods=["POST"])]

    async def _take(self, request: Request) -> Response:
        """200 once all of it is on the disk; 503, after which Alertmanager comes again, while that can't be."""
        principal = await self._auth.admitted(request, bearer(request), no_bearer(), Scope.WRITE)
        try:
            message = _Message.model_validate(parsed(await taken(request, longest=LONGEST), LONGEST))
        except ValidationError as error:
            where = ".".join(map(str, error.errors()[0]["loc"]))
            raise Problem(400, "field", f"{where}: expected a message of Alertmanager, version 4") from None
        async with self._one_by_one:
            done = Counter([await self._done(principal, alert) for alert in message.alerts])
        return JSONResponse({word: done[word] for word in ("opened", "resolved", "unchanged", "ignored")})

    async def _done(self, principal: Principal, alert: _Alert) -> str:
        """What is done about one alert, in one word."""
        opened = self._opened(alert)
        if alert.status == "resolved":
            return await self._resolve(principal, alert, opened)
        rule = next((rule for rule in self._config.alerts.values() if fits(rule, alert.labels)), None)
        if rule is None or not self._may(principal, rule.component):
            return "ignored"
        if opened is not None or self._was_resolved(alert):
            return "unchanged"
        fields = OpenFields.model_validate(
            {
                "site": self._config.components[rule.component].site,
                "name": alert.text("summary")[:_LONGEST_NAME].strip(),
                "body": alert.text("description", "summary")[:LONGEST_TEXT],
                "impact": rule.impact,
                "components": [rule.component],
                "started_at": self._started(alert).isoformat(),
            }
        )
        await self._orders.open(principal, fields, alert.author)
        return "opened"

    async def _resolve(self, principal: Principal, alert: _Alert, opened: Incident | None) -> str:
        if opened is None or not all(self._may(principal, one.component) for one in opened.affected):
            return "unchanged"
        fields = PostFields(body="The alert has ended.", status="resolved")
        await self._orders.post(principal, opened.num, fields, alert.author)
        return "resolved"

    def _opened(self, alert: _Alert) -> Incident | None:
        """The open incident that the alert's fingerprint has opened."""
        found = self._recorder.shown.incidents.values()
        return next((incident for incident in found if _is_by(incident, alert)), None)

    def _was_resolved(self, alert: _Alert) -> bool:
        """Whether somebody has resolved what this very alert had opened, while it goes on."""
        starts_ms = int(self._started(alert).timestamp() * 1000)
        found = self._recorder.shown.ended.values()
        return any(_is_by(incident, alert) and incident.started_ms >= starts_ms for incident in found)

    def _started(self, alert: _Alert) -> datetime:
        """When it began; clocks may differ, and nothing begins in the future."""
        now_ms = self._clock.now_ms()
        starts_ms = max(0, int(alert.starts_at.timestamp() * 1000))
        return datetime.fromtimestamp(min(starts_ms, now_ms) / 1000, alert.starts_at.tzinfo)

    def _may(self, principal: Principal, component: str) -> bool:
        found = self._config.components.get(component)
        return found is not None and principal.may_see(self._config.sites[found.site].account)


def _is_by(incident: Incident, alert: _Alert) -> bool:
    return bool(incident.updates) and incident.updates[0].author == alert.author


def fits(rule: "AlertRule", labels: dict[str, str]) -> bool:
    """Whether an alert has all the labels of a rule; "*" is any value but none."""
    return all(labels.get(name) if value == "*" else labels.get(name) == value for name, value in rule.match.items())
