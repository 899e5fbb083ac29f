"""What the target of a module fills in, as `/probe?target=` of blackbox_exporter does.

A module has the keys of a kind but for those that say what is probed. Until there is a target, a placeholder stands
for it. Kinds that are not here can't be modules: they run programs, or are reported to.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from prober.wire.url import parse_place

PLACEHOLDERS: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "http": {"url": "http://target.invalid/"},
        "tcp": {"host": "target.invalid", "port": 1},
        "tls": {"host": "target.invalid", "port": 443},
        "dns": {"host": "target.invalid", "port": None},
        "icmp": {"host": "target.invalid"},
        "grpc": {"host": "target.invalid", "port": 1},
        "websocket": {"url": "ws://target.invalid/"},
    }
)


def target_keys(kind: str, target: str) -> Mapping[str, object]:
    """The keys that a target gives a module of that kind. Raises ValueError with what is wrong with it."""
    return _KEYS[kind](target)


def _url(scheme: str) -> Callable[[str], Mapping[str, object]]:
    """A target without a scheme is a host, maybe with a port and a path."""
    return lambda target: {"url": target if "://" in target else f"{scheme}://{target}"}


def _place(default: int | None) -> Callable[[str], Mapping[str, object]]:
    def keys(target: str) -> Mapping[str, object]:
        host, port = parse_place(target)
        if port is None and default is None:
            raise ValueError("it has no port")
        return {"host": host, "port": port or default}

    return keys


def _server(target: str) -> Mapping[str, object]:
    """Without a port, the usual one of the module's transport."""
    host, port = parse_place(target)
    return {"host": host, "port": port}


def _host(target: str) -> Mapping[str, object]:
    host, port = parse_place(f"[{target}]" if target.count(":") > 1 and "[" not in target else target)
    if port is not None:
        raise ValueError("it has a port")
    return {"host": host}


_KEYS: Mapping[str, Callable[[str], Mapping[str, object]]] = {
    "http": _url("http"),
    "tcp": _place(None),
    "tls": _place(443),
    "dns": _server,
    "icmp": _host,
    "grpc": _place(None),
    "websocket": _url("ws"),
}
