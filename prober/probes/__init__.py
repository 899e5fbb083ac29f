"""The kinds of probe. This table is the only list of them; a kind is loaded when it is first used."""

from importlib import import_module

from prober.probes.base import Kind, Listener, Probe

KINDS = {
    "http": "prober.probes.http",
    "tcp": "prober.probes.tcp",
    "tls": "prober.probes.tls",
    "dns": "prober.probes.dns",
    "icmp": "prober.probes.icmp",
    "grpc": "prober.probes.grpc",
    "websocket": "prober.probes.websocket",
    "command": "prober.probes.command",
    "heartbeat": "prober.probes.heartbeat",
}


def kind(name: str) -> Kind:
    """The kind of that name; KeyError if there is none. Each kind's module calls it KIND."""
    found: Kind = import_module(KINDS[name]).KIND
    return found


__all__ = ["KINDS", "Kind", "Listener", "Probe", "kind"]
