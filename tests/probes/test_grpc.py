"""Kind grpc, against the server of Google's library."""

from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager

import grpc  # type: ignore[import-untyped]
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc  # type: ignore[import-untyped]

from prober.core.model import Phase
from prober.core.reason import Reason
from prober.probes.grpc import guesses
from tests.probes.scene import mistakes, options, probed
from tests.wire.certificates import Certificates
from tests.wire.conftest import certificates as certificates  # the same, for this room
from tests.wire.hostile import serving, silent

pytestmark = pytest.mark.anyio

Statuses = health_pb2.HealthCheckResponse


class Noted(grpc.ServerInterceptor):  # type: ignore[misc]
    """Remembers what came along with the calls."""

    def __init__(self) -> None:
        self.metadata: list[dict[str, str]] = []

    def intercept_service(self, continuation, details):  # type: ignore[no-untyped-def]
        self.metadata.append(dict(details.invocation_metadata))
        return continuation(details)


@contextmanager
def served(credentials: grpc.ServerCredentials | None = None) -> Iterator[tuple[int, Noted]]:
    """A server with a service of each status."""
    servicer, noted = health.HealthServicer(), Noted()
    servicer.set("", Statuses.SERVING)
    servicer.set("shop", Statuses.SERVING)
    servicer.set("cart", Statuses.NOT_SERVING)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2), interceptors=[noted])
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    if credentials is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    try:
        yield port, noted
    finally:
        server.stop(None).wait()


async def test_a_service_that_serves_is_up() -> None:
    with served() as (port, noted):
        seen = await probed("grpc", host="127.0.0.1", port=port, service="shop", metadata={"X-Token": "abc"})
    assert (seen.outcome, seen.reason, seen.detail) == ("up", None, "")
    assert [phase for phase, _ in seen.phases_us] == [
        Phase.RESOLVE, Phase.CONNECT, Phase.SEND, Phase.PROCESSING, Phase.TRANSFER,
    ]  # fmt: skip
    assert seen.facts == {
        "ip": "127.0.0.1", "ip_protocol": 4, "ssl": 0, "grpc_status_code": 0, "serving_status": "SERVING",
    }  # fmt: skip
    assert noted.metadata[0]["x-token"] == "abc"
    assert noted.metadata[0]["user-agent"].startswith("prober/")


@pytest.mark.parametrize(
    ("service", "outcome", "reason", "detail"),
    [
        ("", "up", None, ""),
        ("cart", "down", Reason.GRPC_NOT_SERVING, "expected SERVING, found NOT_SERVING"),
        ("nobody" * 40, "down", Reason.GRPC_STATUS, "the call failed with NOT_FOUND"),
    ],
)
async def test_every_status_is_judged(service: str, outcome: str, reason: Reason | None, detail: str) -> None:
    with served() as (port, _):
        seen = await probed("grpc", host="127.0.0.1", port=port, service=service)
    assert (seen.outcome, seen.reason, seen.detail) == (outcome, reason, detail)


async def test_by_tls_the_certificate_is_judged(certificates: Certificates) -> None:
    key, chain = certificates.pem("good")
    with served(grpc.ssl_server_credentials([(key, chain)])) as (port, _):
        keys: dict[str, object] = {"host": "127.0.0.1", "port": port, "tls": True}
        seen = await probed("grpc", **keys, ca=str(certificates.ca))
        assert (seen.outcome, seen.facts["ssl"], seen.facts["tls_version"]) == ("up", 1, "TLS 1.3")
        soon = await probed("grpc", **keys, ca=str(certificates.ca), cert_expiring_within="60d")
        assert (soon.outcome, soon.reason) == ("degraded", Reason.CERT_EXPIRING)
        strange = await probed("grpc", **keys)
        assert (strange.outcome, strange.reason) == ("down", Reason.TLS_UNTRUSTED)
        plain = await probed("grpc", host="127.0.0.1", port=port)
        assert plain.outcome == "down"


async def test_a_silent_server_times_out() -> None:
    async with serving(silent) as port:
        seen = await probed("grpc", host="127.0.0.1", port=port, timeout="300ms")
    assert (seen.outcome, seen.reason, seen.phases_us[-1][0]) == ("down", Reason.HTTP_TIMEOUT, Phase.PROCESSING)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"host": "a.test"}, "port: "),
        ({"host": "a.test", "port": 1, "metadata": {"grpc-timeout": "1S"}}, "metadata: names of metadata"),
        ({"host": "a.test", "port": 1, "metadata": {":path": "x"}}, "metadata: names of metadata"),
        ({"host": "a.test", "port": 1, "metadata": {"x-bin": "x"}}, "metadata: metadata that is text"),
        ({"host": "a.test", "port": 1, "metadata": {"x": "a\nb"}}, "metadata: a line of ASCII text"),
        ({"host": "a.test", "port": 1, "metadata": {"x": 5}}, "metadata: a line of ASCII text"),
        ({"host": "a.test", "port": 1, "metadata": 5}, "metadata: a table of texts"),
        ({"host": "a.test", "port": 1, "authority": "a b"}, "authority: "),
        ({"host": "::1", "port": 1, "family": "4"}, "family: "),
    ],
)
async def test_mistakes_are_found(keys: dict[str, object], said: str) -> None:
    (found,) = mistakes("grpc", **keys)
    assert found.startswith(said)


@pytest.mark.parametrize(
    ("target", "keys"),
    [
        ("grpc://a.test:50051", {"host": "a.test", "port": 50051}),
        ("grpcs://a.test:443/shop.v1", {"host": "a.test", "port": 443, "service": "shop.v1", "tls": True}),
        ("grpc://a.test", None),
        ("http://a.test:1", None),
    ],
)
async def test_what_a_target_means(target: str, keys: dict[str, object] | None) -> None:
    assert guesses(target) == keys


async def test_a_target_is_shown_with_its_service() -> None:
    assert options("grpc", host="::1", port=1, service="shop").target() == "[::1]:1/shop"
    assert options("grpc", host="a.test", port=1).target() == "a.test:1"
