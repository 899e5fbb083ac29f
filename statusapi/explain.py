"""Why a component showed what it showed at a moment, and who was told: the whole chain, from stored evidence.

The same question about the same moment has the same answer for ever, but for what became of notices that were still
owed, and for raw answers, which are kept for some days only.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from prober.core import notice
from prober.core.agenda import known
from prober.core.events import Change
from prober.core.maintenance import upcoming
from prober.core.model import Incident, MaintenanceState, NoticeReason
from prober.core.work import is_planned
from prober.errors import StoreError
from prober.store.evidence import Answer, Evidence, Owed
from statusapi.auth import Principal
from statusapi.problems import Problem, not_found

if TYPE_CHECKING:
    from prober.clock import Clock
    from prober.config import Config
    from prober.record import Recorder
    from prober.store import Store

# What recurs is counted up to the moment asked about, and a rule has no times beyond the year 9999.
AHEAD_MS = 366 * 86_400_000


class Explain:
    """Answers for whom it concerns."""

    def __init__(self, config: "Config", recorder: "Recorder", store: "Store", clock: "Clock") -> None:
        self._config = config
        self._recorder = recorder
        self._store = store
        self._clock = clock

    def follow(self, config: "Config") -> None:
        """Another configuration holds."""
        self._config = config

    async def component(self, principal: Principal, id_: str, at_ms: int | None) -> dict[str, Any]:
        """What is known of a component at a moment; None = now. Moments are ms. Raises Problem."""
        policy = self._recorder.policy
        component = policy.components.get(id_)
        site = None if component is None else self._config.sites.get(component.site)
        is_theirs = principal.is_admin if site is None else principal.may_see(site.account)  # no site: it is our own
        if component is None or not is_theirs:
            raise not_found()
        checks, moment_ms = policy.components[id_].checks, self._clock.now_ms() if at_ms is None else at_ms
        if not 0 <= moment_ms <= self._clock.now_ms() + AHEAD_MS:
            raise Problem(400, "field", "at: expected a moment from 1970 on that is at most a year ahead")
        try:
            found = await self._store.archive.about(id_, checks, moment_ms)
        except StoreError as error:
            raise Problem(503, "store", f"The evidence can't be read now: {error}.") from None
        return {
            "component": id_,
            "name": component.name,
            "at_ms": moment_ms,
            "shown": _latest(found.changes),
            "maintenance": [_work(work, moment_ms) for work in found.maintenances or self._to_come(id_, moment_ms)],
            "depends_on": list(component.depends_on),
            "checks": [
                {
                    "check": check,
                    "verdict": _latest(found.check_changes[check]),
                    "changes": [_change(change) for change in found.check_changes[check]],
                    "answers": [_answer(answer) for answer in found.answers[check]],
                    "evidence": list(found.capsules[check]),
                }
                for check in checks
            ],
            "changes": [_change(change) for change in found.changes],
            "incidents": [
                _incident(one, found.notices[one.num], moment_ms)
                | {"routing": self._routing(one, found) if principal.is_admin else []}
                for one in found.incidents
            ],
        }

    def _routing(self, incident: Incident, found: Evidence) -> list[dict[str, Any]]:
        """By subscription of the configuration as it is now, whether it was told, and the key that kept its opening
        from it, if one would; "notifications": the call that opened it named others.
        """
        policy, heard = self._recorder.policy, {owed.subscription for owed in found.notices[incident.num]}
        opening = notice.of_incident(NoticeReason.OPENED, incident, incident.opened_ms)
        opening = opening._replace(channels=found.channels.get(incident.num))
        return [
            {
                "subscription": one.id,
                "channel": one.channel,
                "told": one.id in heard,
                "kept_by": notice.refusal(one, policy, opening),
            }
            for one in policy.subscriptions.values()
        ]

    def _to_come(self, component: str, at_ms: int) -> list[MaintenanceState]:
        """The work that is planned on the component at a moment that is to come, as it is planned now."""
        policy, rows, now_ms = self._recorder.policy, self._recorder.shown.maintenances, self._clock.now_ms()
        if at_ms <= now_ms:
            return []
        times = (one.id for window in policy.maintenances.values() for one in upcoming(window, at_ms, 1))
        works = (known(rows, policy, id_, now_ms) for id_ in dict.fromkeys([*rows, *times]))
        return [work for work in works if work is not None and is_planned([work], component, at_ms)]


def _latest(changes: Iterable[Change]) -> dict[str, Any] | None:
    """The word that held, since when, and the rule that made it so; None if there was none yet."""
    change = next(iter(changes), None)
    if change is None:
        return None
    return {"word": change.after, "since_ms": change.since_ms, "rule": change.rule, "detail": change.detail}


def _change(change: Change) -> dict[str, Any]:
    return {
        "at_ms": change.at_ms,
        "since_ms": change.since_ms,
        "before": change.before,
        "after": change.after,
        "rule": change.rule,
        "detail": change.detail,
    }


def _answer(answer: Answer) -> dict[str, Any]:
    return answer._asdict()


def _work(work: MaintenanceState, at_ms: int) -> dict[str, Any]:
    """Its end is the one that was planned, until that has passed."""
    end_ms = work.planned_end_ms if at_ms < work.planned_end_ms else work.ended_ms or work.end_ms
    start_ms = work.start_ms if work.started_ms is None else work.started_ms
    return {"id": work.id, "name": work.name, "start_ms": start_ms, "end_ms": end_ms}


def _incident(incident: Incident, notices: Iterable[Owed], at_ms: int) -> dict[str, Any]:
    return {
        "num": incident.num,
        "name": incident.name,
        "opened_ms": incident.opened_ms,
        "resolved_ms": incident.resolved_ms if incident.resolved_ms and incident.resolved_ms <= at_ms else None,
        "acknowledged_by": incident.acknowledged_by or None,
        "notices": [
            owed._asdict() | {"deliveries": [delivery._asdict() for delivery in owed.deliveries]} for owed in notices
        ],
    }
