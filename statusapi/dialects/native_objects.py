"""Objects as the native dialect writes them."""

from typing import Any

from prober.core.model import Impact, Incident, Pin
from prober.store.keys import KeyRow
from statusapi.dialects.wire import moment, moment_or_none
from statusapi.nouns import ComponentView, IncidentView


def component_said(shown: ComponentView) -> dict[str, Any]:
    """What a component shows, since when, and what a person has set."""
    return {
        "component": shown.id,
        "site": shown.site,
        "name": shown.name,
        "status": shown.status,
        "since": moment(shown.since_ms),
        "pin": _pin(shown.pin),
    }


def _pin(pin: Pin | None) -> dict[str, Any] | None:
    return None if pin is None else {"status": pin.status, "by": pin.by, "until": moment_or_none(pin.until_ms)}


def key_said(row: KeyRow) -> dict[str, Any]:
    """A key without what it is."""
    return {
        "id": row.id,
        "account": row.account,
        "name": row.name,
        "scope": row.scope,
        "created_at": moment(row.created_ms),
        "expires_at": moment_or_none(row.expires_ms),
        "revoked_at": moment_or_none(row.revoked_ms),
        "used_at": moment_or_none(row.used_ms),
    }


def incident_listed(shown: IncidentView) -> dict[str, Any]:
    """An incident as it stands in a list."""
    return {
        "num": shown.num,
        "id": shown.slug,
        "site": shown.site,
        "name": shown.name,
        "status": shown.status,
        "impact": Impact(shown.impact).word,
        "started_at": moment(shown.started_ms),
        "updated_at": moment(shown.updated_ms),
        "resolved_at": moment_or_none(shown.resolved_ms),
        "components": [component.id for component in shown.components],
        "acknowledged_by": shown.acknowledged_by or None,
    }


def own_listed(incident: Incident) -> dict[str, Any]:
    """An incident that stands on no page, as the others are listed."""
    more = ("is_led_by_a_person", "acknowledged_until", "updates")
    return {key: value for key, value in incident_said(incident).items() if key not in more}


def incident_said(incident: Incident) -> dict[str, Any]:
    """An incident with its timeline."""
    return {
        "num": incident.num,
        "id": incident.slug,
        "site": incident.site,
        "name": incident.name,
        "status": incident.status,
        "impact": incident.impact.word,
        "started_at": moment(incident.started_ms),
        "updated_at": moment(incident.updated_ms),
        "resolved_at": moment_or_none(incident.resolved_ms),
        "components": [affected.component for affected in incident.affected],
        "is_led_by_a_person": incident.taken,
        "acknowledged_by": incident.acknowledged_by or None,
        "acknowledged_until": moment_or_none(incident.acknowledged_until_ms),
        "updates": [
            {"at": moment(u.at_ms), "status": u.status, "body": u.body, "author": u.author} for u in incident.updates
        ],
    }
