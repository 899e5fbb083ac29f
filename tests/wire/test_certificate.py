"""What certificates say of themselves, also those that nobody trusts."""

import asyncio
import datetime as dt
import ssl

import pytest
import trustme
from cryptography import x509

from prober.wire import tls
from prober.wire.address import Address
from prober.wire.certificate import Described, certificate_facts, chain, described
from prober.wire.connect import connect
from tests.wire.hostile import serving, silent

DAY = dt.timedelta(days=1)


def der(certificate: trustme.LeafCert) -> bytes:
    (pem,) = certificate.cert_chain_pems
    return ssl.PEM_cert_to_DER_cert(pem.bytes().decode())


@pytest.mark.anyio
async def test_the_whole_chain_that_was_sent_is_seen_the_leaf_first() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().create_child_ca().issue_cert("shop.test").configure_cert(context)
    async with serving(silent, context) as port:
        transport, protocol = await connect(asyncio.Protocol, Address("127.0.0.1", 4), port)
        secured = await tls.secure(transport, protocol, tls.context(False, None, alpn=()), "shop.test")
        sent = chain(secured)
        secured.abort()
        transport.abort()
    leaf, above = map(x509.load_der_x509_certificate, sent)
    assert leaf.issuer == above.subject
    assert described(sent[0]).subject == leaf.subject.rfc4514_string()


def test_the_earliest_end_of_the_chain_is_told_apart_from_the_leafs_own() -> None:
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    authority = trustme.CA()
    later, sooner = (der(authority.issue_cert("a.test", not_after=now + days * DAY)) for days in (30, 5))
    found = certificate_facts([later, sooner])
    assert found["leaf_expiry_s"] == (now + 30 * DAY).timestamp()
    assert found["cert_expiry_s"] == (now + 5 * DAY).timestamp()
    assert len(str(found["cert_fingerprint"])) == 64
    assert "O=trustme" in str(found["cert_issuer"])


def test_what_cannot_be_read_is_left_out() -> None:
    assert certificate_facts([]) == {}
    assert described(b"nothing") == Described("", "", "")
    assert certificate_facts([b"nothing"]) == {"cert_subject": "", "cert_issuer": "", "cert_fingerprint": ""}
