"""TLS by rustls: what it learns where all is well, and that it leaves every doubt to OpenSSL."""

from pathlib import Path

import pytest

from prober.clock import Clock
from prober.core.model import Due, Phase
from prober.core.reason import Reason
from prober.probes.http import KIND
from prober.wire import quick_tls
from prober.wire.address import Address
from prober.wire.connect import connect
from prober.wire.failure import Failed
from prober.wire.http1 import Exchange, Reading, Response
from prober.wire.phases import Stopwatch
from prober.wire.tls import Facts
from tests.wire.certificates import Certificates
from tests.wire.hostile import Act, answers, ends_at_once, hangs_up, resets_at_once, serving

pytestmark = pytest.mark.anyio

LOOPBACK = Address("127.0.0.1", 4)
READING = Reading(frozenset({200}), False, b"", 1 << 20)


async def asked(port: int, ca: Path, name: str = "127.0.0.1") -> tuple[Facts, Response]:
    """Facts and answer of one request."""
    policy = quick_tls.policy(str(ca))
    assert policy is not None
    watch = Stopwatch(Clock().monotonic_ns)
    watch.enter(Phase.TLS)
    exchange = Exchange(watch, READING, is_head=False)
    tunnel = quick_tls.Tunnel(exchange, policy, name)
    transport, _ = await connect(lambda: tunnel, LOOPBACK, port)
    try:
        facts = await tunnel.secure()
        return facts, await exchange.ask(tunnel, b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n")
    finally:
        transport.abort()


def saying(body: bytes) -> Act:
    return answers(b"HTTP/1.1 200 OK\r\n\r\n", body)


@pytest.mark.parametrize("size", [0, 5, 300_000])
async def test_an_answer_is_heard_to_its_end(certificates: Certificates, size: int) -> None:
    async with serving(saying(b"x" * size), certificates.context("good")) as port:
        facts, response = await asked(port, certificates.ca)
    assert (response.status, response.body_length) == (200, size)
    assert facts["tls_version"] == "TLS 1.3"
    assert str(facts["tls_cipher"]).startswith("TLS_")
    assert isinstance(facts["cert_expiry_s"], int)


async def test_ciphers_have_the_names_that_openssl_gives_them(certificates: Certificates) -> None:
    context = certificates.restricted("ECDHE+CHACHA20")
    async with serving(saying(b"hello"), context) as port:
        facts, _ = await asked(port, certificates.ca)
    assert (facts["tls_version"], facts["tls_cipher"]) == ("TLS 1.2", "ECDHE-ECDSA-CHACHA20-POLY1305")


@pytest.mark.parametrize("wrong", ["expired", "not yet valid", "wrong name", "unknown authority", "self-signed"])
async def test_whatever_is_wrong_is_left_to_openssl(certificates: Certificates, wrong: str) -> None:
    async with serving(saying(b"hello"), certificates.context(wrong)) as port:
        with pytest.raises(quick_tls.Unsure):
            await asked(port, certificates.ca)


async def test_a_cipher_that_it_does_not_speak_is_left_to_openssl(certificates: Certificates) -> None:
    context = certificates.restricted("ECDHE-ECDSA-AES128-SHA256")
    async with serving(saying(b"hello"), context) as port:
        with pytest.raises((quick_tls.Unsure, Failed)):
            await asked(port, certificates.ca)
        options = KIND.options.model_validate(
            {"component": "shop", "kind": "http", "url": f"https://127.0.0.1:{port}/", "ca": str(certificates.ca)}
        )
        probe = KIND.build(options, Clock())
        seen = [await probe.probe(Due("shop", 0)) for _ in range(3)]
    assert {(one.outcome, one.facts["tls_version"]) for one in seen} == {("up", "TLS 1.2")}


@pytest.mark.parametrize("act", [hangs_up, ends_at_once, resets_at_once])
async def test_a_peer_that_hangs_up_has_failed_and_is_not_asked_again(certificates: Certificates, act: Act) -> None:
    async with serving(act) as port:
        with pytest.raises(Failed) as failed:
            await asked(port, certificates.ca)
    assert failed.value.reason in (Reason.TLS_HANDSHAKE, Reason.CONNECT_RESET)


def test_without_authorities_openssl_does_it_alone(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(b"")
    assert quick_tls.policy(str(file)) is None
    assert quick_tls.policy(str(tmp_path / "ca.pem")) is None


def test_the_policy_is_shared_until_its_file_changes(certificates: Certificates) -> None:
    assert quick_tls.policy(str(certificates.ca)) is quick_tls.policy(str(certificates.ca))
    assert quick_tls.policy(None) is quick_tls.policy(None)
