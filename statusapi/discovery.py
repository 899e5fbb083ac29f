"""HTTP service discovery for Prometheus: one target per check, so that blackbox_exporter's dashboards go on working.

A target's address is told only to whom shows a key: the listener is public, and addresses are not.
"""

import json
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from statusapi.auth import Auth, Principal, Scope, bearer, no_bearer
from statusapi.prepared import READS
from statusapi.problems import Problem

if TYPE_CHECKING:
    from prober.config import Config

PATHS = r"/sd/.*"


def routes(config: "Config", auth: Auth) -> list[BaseRoute]:
    """GET and HEAD of /sd/prometheus, and with ?form=targets the probed addresses for an exporter of one's own."""

    instances = _instances(config)

    def stored(check: str, principal: Principal | None, request: Request) -> dict[str, object]:
        return _stored(config, check, check if principal is None else instances[check], request)

    def probed(check: str, _: Principal | None, __: Request) -> dict[str, object]:
        return _probed(config, check)

    async def discovered(request: Request) -> Response:
        principal = await _principal(config, auth, request)
        form = request.query_params.get("form", "probe")
        if form not in ("probe", "targets"):
            raise Problem(400, "form", "Expected form=probe or form=targets.")
        if form == "targets" and principal is None:
            raise no_bearer()
        make = probed if form == "targets" else stored
        found = [make(id_, principal, request) for id_ in config.checks if _may_see(config, id_, principal)]
        return Response(json.dumps(found), headers={"Cache-Control": "no-store"}, media_type="application/json")

    return [Route("/sd/prometheus", discovered, methods=READS)]


async def _principal(config: "Config", auth: Auth, request: Request) -> Principal | None:
    """Whose key it is, None without one. Raises Problem for one that nobody has: it is a mistake that must be seen."""
    if auth.shows_metrics_key(request):
        return Principal(None, Scope.READ)
    if config.daemon.metrics_key is not None and request.headers.get("authorization") is None:
        raise no_bearer()
    if request.headers.get("authorization") is None:
        return None
    return await auth.admitted(request, bearer(request), no_bearer(), Scope.READ)


def _may_see(config: "Config", check: str, principal: Principal | None) -> bool:
    site = config.sites[config.components[config.checks[check].component].site]
    return not site.private if principal is None else principal.may_see(site.account)


def _labels(config: "Config", check: str) -> dict[str, str]:
    component = config.checks[check].component
    return {"check": check, "component": component, "site": config.components[component].site}


def _stored(config: "Config", check: str, instance: str, request: Request) -> dict[str, object]:
    """Scraped from this daemon: the latest answer, under the labels that blackbox_exporter's users have."""
    labels = {"__metrics_path__": "/probe", "__param_target": check, "instance": instance, **_labels(config, check)}
    if request.url.scheme == "https":
        labels["__scheme__"] = "https"
    return {"targets": [request.headers.get("host", "")], "labels": labels}


def _probed(config: "Config", check: str) -> dict[str, object]:
    """For an exporter that probes by itself."""
    labels = {"__param_module": config.checks[check].kind, **_labels(config, check)}
    return {"targets": [_target(config, check)], "labels": labels}


def _instances(config: "Config") -> Mapping[str, str]:
    """What each check probes; where several probe the same, each by its id, since dashboards join by instance."""
    targets = {check: _target(config, check) for check in config.checks}
    counts = Counter(targets.values())
    return {check: f"{target}#{check}" if counts[target] > 1 else target for check, target in targets.items()}


def _target(config: "Config", check: str) -> str:
    """What is probed, without what came by a reference: Prometheus would keep it as a label."""
    return config.redact(config.checks[check].target())
