"""TLS: whom a prober trusts, and what it learns of a peer's certificate."""

import asyncio
import datetime as dt
import os
import ssl
from pathlib import Path

import pytest
import trustme

from prober.core.reason import Reason
from prober.wire.address import Address
from prober.wire.connect import connect
from prober.wire.failure import Failed
from prober.wire.tls import (
    CertificateFailed,
    Facts,
    context,
    facts,
    failed_handshake,
    not_after_s,
    peer_expiry_s,
    secure,
)
from tests.wire.certificates import Certificates
from tests.wire.hostile import Act, answers_tls_with_http, ends_at_once, hangs_up, resets_at_once, serving, silent

LOOPBACK = Address("127.0.0.1", 4)


async def shaken(port: int, policy: ssl.SSLContext, name: str = "127.0.0.1") -> Facts:
    """What is known after the handshake."""
    transport, protocol = await connect(asyncio.Protocol, LOOPBACK, port)
    try:
        secured = await secure(transport, protocol, policy, name)
        found = facts(secured)
        secured.abort()
        return found
    finally:
        transport.abort()


@pytest.mark.anyio
async def test_a_trusted_peer_tells_its_version_and_expiry(certificates: Certificates) -> None:
    async with serving(silent, certificates.context("good")) as port:
        found = await shaken(port, context(True, str(certificates.ca)))
    assert found["tls_version"] == "TLS 1.3"
    assert "AES" in str(found["tls_cipher"]) or "CHACHA" in str(found["tls_cipher"])
    left = int(found["cert_expiry_s"]) - dt.datetime.now(dt.UTC).timestamp()
    assert 29 * 86_400 < left < 31 * 86_400


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
async def test_a_certificate_is_checked_against_the_name(certificates: Certificates, name: str) -> None:
    async with serving(silent, certificates.context("good")) as port:
        assert await shaken(port, context(True, str(certificates.ca)), name)
        with pytest.raises(CertificateFailed) as caught:
            await shaken(port, context(True, str(certificates.ca)), "elsewhere.test")
    assert caught.value.reason is Reason.TLS_NAME
    assert caught.value.detail.startswith("the certificate for elsewhere.test: ")


@pytest.mark.anyio
async def test_an_authority_that_only_the_check_names_is_no_ones_else(certificates: Certificates) -> None:
    async with serving(silent, certificates.context("good")) as port:
        with pytest.raises(CertificateFailed) as caught:
            await shaken(port, context(True, None))
        assert await shaken(port, context(False, None))
    assert caught.value.reason is Reason.TLS_UNTRUSTED


@pytest.mark.anyio
async def test_the_expiry_of_a_refused_certificate_can_be_had_alone(certificates: Certificates) -> None:
    async with serving(silent, certificates.context("expired")) as port:
        expiry_s = await peer_expiry_s(LOOPBACK, port, "127.0.0.1")
    assert expiry_s is not None
    assert expiry_s < dt.datetime.now(dt.UTC).timestamp()


@pytest.mark.anyio
@pytest.mark.parametrize("act", [hangs_up, answers_tls_with_http, resets_at_once])
async def test_who_shows_no_certificate_has_no_expiry(act: Act, free_port: int) -> None:
    async with serving(act) as port:
        assert await peer_expiry_s(LOOPBACK, port, "127.0.0.1") is None
    assert await peer_expiry_s(LOOPBACK, free_port, "127.0.0.1") is None


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("act", "said"),
    [
        (answers_tls_with_http, "TLS handshake: [a-z ]+$"),
        (ends_at_once, "the peer closed the connection during the TLS handshake"),
        (resets_at_once, "the peer closed the connection during the TLS handshake"),
    ],
)
async def test_a_handshake_that_fails_is_said_in_one_sentence(act: Act, said: str) -> None:
    async with serving(act) as port:
        with pytest.raises(Failed, match=said) as caught:
            await shaken(port, context(False, None))
    assert caught.value.reason is Reason.TLS_HANDSHAKE
    assert not isinstance(caught.value, CertificateFailed)


@pytest.mark.anyio
async def test_http_1_1_is_asked_for_and_an_older_tls_is_told() -> None:
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(served)
    served.set_alpn_protocols(["h2", "http/1.1"])
    served.maximum_version = ssl.TLSVersion.TLSv1_2
    async with serving(silent, served) as port:
        transport, protocol = await connect(asyncio.Protocol, LOOPBACK, port)
        secured = await secure(transport, protocol, context(False, None), "localhost")
        assert secured.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"
        assert facts(secured)["tls_version"] == "TLS 1.2"
        secured.abort()
        transport.abort()


@pytest.mark.anyio
async def test_a_connection_that_is_gone_has_no_handshake(certificates: Certificates) -> None:
    async with serving(silent, certificates.context("good")) as port:
        transport, protocol = await connect(asyncio.Protocol, LOOPBACK, port)
        transport.abort()
        with pytest.raises(Failed, match="the peer closed the connection during the TLS handshake") as caught:
            await secure(transport, protocol, context(False, None), "127.0.0.1")
    assert caught.value.reason is Reason.TLS_HANDSHAKE


def test_contexts_are_shared_until_the_file_of_authorities_changes(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(file)
    first = context(True, str(file))
    assert context(True, str(file)) is first
    trustme.CA().cert_pem.write_to_path(file)
    os.utime(file, ns=(1, 1))
    assert context(True, str(file)) is not first


def test_a_file_of_authorities_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(ssl.SSLError):
        context(True, str(tmp_path / "ca.pem"))
    with pytest.raises(FileNotFoundError):
        context(True, str(tmp_path / "none.pem"))


def test_what_is_no_certificate_has_no_expiry() -> None:
    assert not_after_s(b"nothing") is None


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (9, Reason.TLS_NOT_YET_VALID),
        (10, Reason.TLS_EXPIRED),
        (18, Reason.TLS_UNTRUSTED),
        (20, Reason.TLS_UNTRUSTED),
        (62, Reason.TLS_NAME),
        (64, Reason.TLS_NAME),
        (7, Reason.TLS_UNTRUSTED),
    ],
)
def test_openssls_codes_have_their_reasons(code: int, reason: Reason) -> None:
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_code, error.verify_message = code, "words"
    failed = failed_handshake(error, "shop.test")
    assert (failed.reason, failed.detail) == (reason, "the certificate for shop.test: words")
