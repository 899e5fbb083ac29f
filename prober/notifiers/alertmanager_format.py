"""The `alertmanager` format: what Prometheus's Alertmanager posts to a webhook receiver, version 4. Pure.

One alert a notice, firing or resolved; its labels stay the same for an incident's whole life, and so do its fingerprint
and the group's key. https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

import hashlib
from typing import Any, NamedTuple

from prober.core.model import Incident, MaintenanceState, StatusChange
from prober.core.status import IMPACT_OF
from prober.notifiers.base import Parcel
from prober.notifiers.fields import moment, stringify
from prober.notifiers.text import fitted, telling

LONGEST_SUMMARY = 500
LONGEST_DESCRIPTION = 5_000
NEVER = "0001-01-01T00:00:00Z"  # Go's zero time: it has not ended

FIRING, RESOLVED = "firing", "resolved"


class _Alert(NamedTuple):
    """severity is an annotation: a label that changes would make another alert. end_ms: None while it fires."""

    labels: dict[str, str]
    severity: str
    start_ms: int
    end_ms: int | None


def payload(parcel: Parcel) -> bytes:
    """The JSON that is sent; the same bytes for the same notice, whatever the attempt."""
    alert, told = parcel.told(_incident, _maintenance, _change), telling(parcel)
    labels = {**alert.labels, "site": parcel.notice.site}
    annotations = {
        "summary": fitted(told.subject, LONGEST_SUMMARY),
        "description": fitted("\n".join(told.said), LONGEST_DESCRIPTION),
        "severity": alert.severity,
    }
    status = FIRING if alert.end_ms is None else RESOLVED
    one: dict[str, Any] = {
        "status": status,
        "labels": labels,
        "annotations": annotations,
        "startsAt": moment(alert.start_ms),
        "endsAt": NEVER if alert.end_ms is None else moment(alert.end_ms),
        "generatorURL": told.url,
        "fingerprint": _fingerprint(labels),
    }
    said = {
        "receiver": parcel.notice.channel,
        "status": status,
        "alerts": [one],
        "groupLabels": {"alertname": labels["alertname"]},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": parcel.site.url,
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{labels["alertname"]}"}}:{_fingerprint(labels)}',
        "truncatedAlerts": 0,
    }
    return stringify(said)


def _incident(_parcel: Parcel, incident: Incident) -> _Alert:
    labels = {"alertname": "ProberIncident", "incident": incident.slug, "cause": incident.cause}
    return _Alert(labels, incident.impact.word, incident.started_ms, incident.resolved_ms)


def _change(_parcel: Parcel, change: StatusChange) -> _Alert:
    labels = {"alertname": "ProberComponent", "component": change.component}
    end_ms = None if change.after.depth else change.at_ms
    return _Alert(labels, IMPACT_OF[change.after].word, change.at_ms, end_ms)


def _maintenance(_parcel: Parcel, work: MaintenanceState) -> _Alert:
    """It fires while the work is under way."""
    labels = {"alertname": "ProberMaintenance", "maintenance": work.id}
    start_ms = work.start_ms if work.started_ms is None else work.started_ms
    return _Alert(labels, "none", start_ms, None if work.is_under_way else work.ended_ms or start_ms)


def _fingerprint(labels: dict[str, str]) -> str:
    """16 hexadecimal digits, the same for the same labels."""
    text = "\xff".join(f"{name}\xff{value}" for name, value in sorted(labels.items()))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
