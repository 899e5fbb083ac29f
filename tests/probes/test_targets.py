"""A target fills in what a module leaves open."""

import pytest

from prober import probes
from prober.probes.targets import PLACEHOLDERS, target_keys


@pytest.mark.parametrize(
    ("kind", "target", "keys"),
    [
        ("http", "example.com", {"url": "http://example.com"}),
        ("http", "https://example.com/a", {"url": "https://example.com/a"}),
        ("websocket", "example.com", {"url": "ws://example.com"}),
        ("tcp", "[::1]:80", {"host": "::1", "port": 80}),
        ("tls", "example.com", {"host": "example.com", "port": 443}),
        ("dns", "127.0.0.1:5353", {"host": "127.0.0.1", "port": 5353}),
        ("dns", "ns.test", {"host": "ns.test", "port": None}),
        ("icmp", "::1", {"host": "::1"}),
        ("grpc", "example.com:50051", {"host": "example.com", "port": 50051}),
    ],
)
def test_each_kind_has_its_targets(kind: str, target: str, keys: dict[str, object]) -> None:
    assert target_keys(kind, target) == keys


@pytest.mark.parametrize(("kind", "target"), [("tcp", "example.com"), ("icmp", "example.com:1"), ("dns", "a:b:c")])
def test_other_targets_are_refused(kind: str, target: str) -> None:
    with pytest.raises(ValueError, match="it has"):
        target_keys(kind, target)


@pytest.mark.parametrize("kind", PLACEHOLDERS)
def test_placeholders_are_what_a_target_gives(kind: str) -> None:
    assert PLACEHOLDERS[kind].keys() == target_keys(kind, "example.com" if kind == "icmp" else "example.com:80").keys()
    assert PLACEHOLDERS[kind].keys() <= probes.kind(kind).options.model_fields.keys()
