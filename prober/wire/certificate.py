"""What certificates say of themselves, whether they are trusted or not."""

import asyncio
import functools
import ssl
from typing import Any, NamedTuple

from prober.wire.tls import Facts, not_after_s

_LONGEST = 256  # characters of a name; a certificate may hold any number
_DER = 2  # _ssl.ENCODING_DER


class Described(NamedTuple):
    """Whom a certificate is of and by, as RFC 4514 writes names, and the SHA-256 of it in hexadecimal digits."""

    subject: str
    issuer: str
    fingerprint: str


def chain(secured: asyncio.Transport) -> list[bytes]:
    """The certificates that the peer has sent, its own first, in DER."""
    peer: ssl.SSLObject = secured.get_extra_info("ssl_object")
    if hasattr(peer, "get_unverified_chain"):  # from Python 3.13 on
        return list(peer.get_unverified_chain())
    inner: Any = peer._sslobj  # type: ignore[attr-defined]
    return [one.public_bytes(_DER) for one in inner.get_unverified_chain() or ()]


def certificate_facts(sent: list[bytes]) -> Facts:
    """cert_subject, cert_issuer, cert_fingerprint, leaf_expiry_s, and cert_expiry_s: the earliest of them all."""
    if not sent:
        return {}
    leaf = described(sent[0])
    found: Facts = {"cert_subject": leaf.subject, "cert_issuer": leaf.issuer, "cert_fingerprint": leaf.fingerprint}
    ends_s = [end_s for end_s in map(not_after_s, sent) if end_s is not None]
    leaf_ends_s = not_after_s(sent[0])
    if leaf_ends_s is not None:
        found |= {"leaf_expiry_s": leaf_ends_s, "cert_expiry_s": min(ends_s)}
    return found


@functools.lru_cache(maxsize=512)
def described(certificate: bytes) -> Described:
    """A DER certificate; names that cannot be read are empty. Remembered by content."""
    from cryptography import x509  # takes 90 ms to load: only for who meets a certificate
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        read = x509.load_der_x509_certificate(certificate)
        subject, issuer = read.subject.rfc4514_string(), read.issuer.rfc4514_string()
        return Described(subject[:_LONGEST], issuer[:_LONGEST], read.fingerprint(SHA256()).hex())
    except ValueError:
        return Described("", "", "")
