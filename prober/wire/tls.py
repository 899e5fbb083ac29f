"""TLS: one shared context per policy, the handshake, what its failures mean, what the peer's certificate says."""

import asyncio
import functools
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

from prober.core.model import Phase
from prober.core.reason import Reason
from prober.wire.address import Address
from prober.wire.connect import connect
from prober.wire.failure import Failed, failed_by

Facts = dict[str, float | int | str | bool]

# The event loop's own limit must never strike before the probe's one deadline.
_NO_LIMIT_S = 86_400.0

# X509_V_ERR_* of OpenSSL's x509_vfy.h.
# What is not here (a weak key or signature, another purpose, a broken chain) is a certificate that we do not trust.
_BY_VERIFY_CODE: Mapping[int, Reason] = {
    9: Reason.TLS_NOT_YET_VALID,
    10: Reason.TLS_EXPIRED,
    62: Reason.TLS_NAME,  # another host name
    64: Reason.TLS_NAME,  # another address
}

_VERSIONS = {"TLSv1": "TLS 1.0", "TLSv1.1": "TLS 1.1", "TLSv1.2": "TLS 1.2", "TLSv1.3": "TLS 1.3"}


class CertificateFailed(Failed):
    """The peer's certificate was shown and refused."""


def context(
    verify: bool, ca: str | None, alpn: tuple[str, ...] = ("http/1.1",), client: str | None = None
) -> ssl.SSLContext:
    """The shared context of that policy. ca: path of the PEM file to trust instead of the system's authorities.

    alpn: the protocols that are asked for, () = the peer is not asked. client: path of the PEM file with our own
    certificate and its key, which a peer may ask for.

    Made anew when the file has changed. OSError or ssl.SSLError if the file cannot be used.
    """
    changed_ns = tuple(Path(file).stat().st_mtime_ns for file in (ca, client) if file)
    return _context(verify, ca, alpn, client, changed_ns)


@functools.lru_cache(maxsize=64)
def _context(
    verify: bool, ca: str | None, alpn: tuple[str, ...], client: str | None, _changed_ns: tuple[int, ...]
) -> ssl.SSLContext:
    if verify:
        made = ssl.create_default_context(cafile=ca)
    else:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if client is not None:
        made.load_cert_chain(client, password="")  # a key with a password is refused, and nobody asked for it
    if alpn:
        made.set_alpn_protocols(list(alpn))
    return made


async def secure(
    transport: asyncio.Transport, protocol: asyncio.BaseProtocol, policy: ssl.SSLContext, server_name: str
) -> asyncio.Transport:
    """The connection with TLS on it. The caller aborts both transports. Raises Failed."""
    if transport.is_closing():
        raise hung_up()
    loop = asyncio.get_running_loop()
    try:
        secured = await loop.start_tls(
            transport, protocol, policy, server_hostname=server_name, ssl_handshake_timeout=_NO_LIMIT_S
        )
    except ssl.SSLError as error:
        raise failed_handshake(error, server_name) from None
    except ConnectionError:
        raise hung_up() from None
    except OSError as error:
        raise failed_by(error, Phase.TLS, "TLS handshake") from None
    if secured is None:
        raise hung_up()
    return secured


def hung_up() -> Failed:
    """The connection is gone before the handshake was done. To the loop, closed and reset look alike here."""
    return Failed(Reason.TLS_HANDSHAKE, "the peer closed the connection during the TLS handshake")


def failed_handshake(error: ssl.SSLError, server_name: str) -> Failed:
    """What OpenSSL's error means."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = _BY_VERIFY_CODE.get(error.verify_code, Reason.TLS_UNTRUSTED)
        return CertificateFailed(reason, f"the certificate for {server_name}: {error.verify_message}")
    return failed_by(error, Phase.TLS, "TLS handshake")


def facts(secured: asyncio.Transport) -> Facts:
    """What is known of a secured connection: tls_version, tls_cipher, cert_expiry_s."""
    peer: ssl.SSLObject = secured.get_extra_info("ssl_object")
    version, cipher, certificate = peer.version() or "", peer.cipher(), peer.getpeercert(binary_form=True)
    found: Facts = {"tls_version": _VERSIONS.get(version, "unknown"), "tls_cipher": cipher[0] if cipher else ""}
    expiry_s = not_after_s(certificate) if certificate else None
    if expiry_s is not None:
        found["cert_expiry_s"] = expiry_s
    return found


def chain(peer: ssl.SSLObject) -> list[bytes]:
    """The certificates that the peer has shown, DER; before Python 3.13 its own alone."""
    if sys.version_info >= (3, 13):
        return [bytes(one) for one in peer.get_unverified_chain()]
    own = peer.getpeercert(binary_form=True)
    return [] if own is None else [own]


@functools.lru_cache(maxsize=512)
def not_after_s(certificate: bytes) -> int | None:
    """The last second (unix) at which a DER certificate is valid; None if that cannot be read.

    Remembered by content: a target shows the same certificate at every probe.
    """
    from cryptography import x509  # takes 90 ms to load: only for who meets a certificate

    try:
        return int(x509.load_der_x509_certificate(certificate).not_valid_after_utc.timestamp())
    except ValueError:
        return None


async def peer_expiry_s(address: Address, port: int, server_name: str) -> int | None:
    """The expiry of the certificate that a peer shows to those who do not verify it; None if it shows none."""
    transport: asyncio.Transport | None = None
    try:
        transport, protocol = await connect(asyncio.Protocol, address, port)
        secured = await secure(transport, protocol, context(False, None), server_name)
        found = facts(secured).get("cert_expiry_s")
        secured.abort()
        return int(found) if found is not None else None
    except Failed:
        return None
    finally:
        if transport is not None:
            transport.abort()
