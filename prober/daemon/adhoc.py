"""Probes on demand, as blackbox_exporter makes them: a module of the configuration against a target of a request.

Off unless `probe_targets` names targets, so that nobody makes the daemon ask what it should not. Redirects are followed
to such targets only. What is answered is judged by nobody and kept nowhere.
"""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from pydantic import ValidationError

from prober import probes
from prober.clock import Clock
from prober.config import Config
from prober.core.model import Due, Observation
from prober.probes.http import HttpProbe
from prober.probes.targets import target_keys
from prober.wire.url import parse

MOST = 50  # at the same time
_NAMED = {"http": "host", "tls": "server_name"}  # where a hostname goes; it means nothing to other kinds


class AdHoc:
    """Probes any allowed target by any module."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._under_way = 0

    async def probe(
        self, module: str, target: str, within_ms: int | None = None, hostname: str | None = None
    ) -> tuple[str, Observation]:
        """The kind of the module, and what came of one probe now.

        within_ms: how long whoever asks will wait. hostname: the name that the target is asked by, if it is another
        than its own. Raises ValueError with what is wrong with the request, in one
        sentence, and OverflowError if too much is under way.
        """
        options = self._config.modules.get(module)
        if options is None:
            raise ValueError(
                f"Expected module=<one of {', '.join(self._config.modules) or 'none: [modules] is empty'}>"
            )
        if self._under_way >= MOST:
            raise OverflowError("Too many probes are under way")
        keys = self._keys(options.kind, target, hostname)
        named = getattr(options, "host", None) if options.kind == "http" else None
        if hostname is not None and named is not None and named.lower() != hostname.lower():
            raise ValueError("Expected no hostname, or the one that the module has")
        timeout_ms = options.timeout if within_ms is None or within_ms <= 0 else min(options.timeout, within_ms)
        made = probes.kind(options.kind).build(options.model_copy(update={**keys, "timeout": timeout_ms}), self._clock)
        if isinstance(made, HttpProbe):
            made.may_follow = self._allows
        self._under_way += 1
        try:
            return options.kind, await made.probe(Due(module, self._clock.now_ms()))
        finally:
            self._under_way -= 1

    def _keys(self, kind: str, target: str, hostname: str | None) -> Mapping[str, Any]:
        """What the target fills in, as a model of the kind takes it. Raises ValueError."""
        try:
            given = dict(target_keys(kind, target))
            if hostname is not None and kind in _NAMED:
                given[_NAMED[kind]] = hostname
            more = {"query": "target.invalid"} if kind == "dns" else {}
            taken = probes.kind(kind).options.model_validate({"component": "module", "kind": kind, **more, **given})
            keys: Mapping[str, Any] = {key: getattr(taken, key) for key in given}
            host = parse(keys["url"]).host if kind == "http" else _host(keys)
        except (ValidationError, ValueError):
            what = "a target" if hostname is None else "a target and a hostname"
            raise ValueError(f"Expected {what} that a module of kind {kind} can probe") from None
        if not self._allows(host):
            raise ValueError("Expected a target that prober.probe_targets allows")
        return keys

    def _allows(self, host: str) -> bool:
        return allows(self._config.daemon.probe_targets, host)


def _host(keys: Mapping[str, Any]) -> str:
    if "host" in keys:
        return str(keys["host"])
    return parse(str(keys["url"]).replace("ws", "http", 1)).host


def allows(patterns: Sequence[str], host: str) -> bool:
    """Whether a host is "*", one of the names, below a "*.example.com", or an address in one of the networks."""
    name = host.lower().removesuffix(".")
    return any(_fits(pattern, name) for pattern in patterns)


def _fits(pattern: str, name: str) -> bool:
    if pattern in ("*", name):
        return True
    if pattern.startswith("*."):
        return name.endswith(pattern[1:])
    try:
        return ip_address(name) in ip_network(pattern)
    except ValueError:
        return False
