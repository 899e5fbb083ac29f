"""A certificate for loopback that is about to expire, and the authority that signed it."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID_FOR = timedelta(days=5)
_LEEWAY = timedelta(hours=1)  # for clocks that are behind
_AUTHORITY_FOR = timedelta(days=365)

_Key = ec.EllipticCurvePrivateKey


class Files(NamedTuple):
    """ca: what a client must trust. server: key and certificate of the server, in one file."""

    ca: Path
    server: Path


def expiring_certificate(folder: Path, now_ms: int, valid_for: timedelta = VALID_FOR) -> Files:
    """Writes an authority and a certificate for 127.0.0.1 and localhost that expires `valid_for` after now_ms."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    files = Files(folder / "demo-ca.pem", folder / "demo-server.pem")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "prober demo authority")])
    authority = _authority(name, key, now)
    server_key = ec.generate_private_key(ec.SECP256R1())
    server = _server(name, key, server_key, now, now + valid_for)
    files.ca.write_bytes(_pem(authority))
    files.server.touch(mode=0o600)
    files.server.write_bytes(_private(server_key) + _pem(server))
    return files


def _authority(name: x509.Name, key: _Key, now: datetime) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    identity = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        _builder(name, name, key, now - _LEEWAY, now + _AUTHORITY_FOR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identity, critical=False)
        .sign(key, hashes.SHA256())
    )


def _server(issuer: x509.Name, signer: _Key, key: _Key, now: datetime, until: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "prober demo target")])
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return (
        _builder(name, issuer, key, now - _LEEWAY, until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(authority, critical=False)
        .sign(signer, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: _Key, since: datetime, until: datetime
) -> x509.CertificateBuilder:
    number = x509.random_serial_number()
    return x509.CertificateBuilder(issuer, subject, key.public_key(), number, since, until)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: _Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
