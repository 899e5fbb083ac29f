"""The words in capitals that UP and Instatus share."""

from collections.abc import Mapping

from prober.core.model import Impact, IncidentStatus, Status

COMPONENT: Mapping[Status, str] = {
    Status.OPERATIONAL: "OPERATIONAL",
    Status.MAINTENANCE: "UNDERMAINTENANCE",
    Status.DEGRADED: "DEGRADEDPERFORMANCE",
    Status.PARTIAL: "PARTIALOUTAGE",
    Status.MAJOR: "MAJOROUTAGE",
}
INCIDENT: Mapping[IncidentStatus, str] = {
    IncidentStatus.INVESTIGATING: "INVESTIGATING",
    IncidentStatus.IDENTIFIED: "IDENTIFIED",
    IncidentStatus.MONITORING: "MONITORING",
    IncidentStatus.RESOLVED: "RESOLVED",
    IncidentStatus.POSTMORTEM: "RESOLVED",
}
IMPACT: Mapping[Impact, str] = {
    Impact.NONE: "OPERATIONAL",
    Impact.MINOR: "DEGRADEDPERFORMANCE",
    Impact.MAJOR: "PARTIALOUTAGE",
    Impact.CRITICAL: "MAJOROUTAGE",
}
