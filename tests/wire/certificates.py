"""Certificates good and bad, made when the tests run."""

import datetime as dt
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = dt.timedelta(days=1)


class Certificates:
    """Server contexts by the name of what is wrong with them; `ca` is the authority that a prober trusts."""

    def __init__(self, folder: Path, now: dt.datetime) -> None:
        self._folder = folder
        authority, stranger = trustme.CA(), trustme.CA()
        self.ca = folder / "ca.pem"
        authority.cert_pem.write_to_path(self.ca)
        past, future = now - 30 * DAY, now + 30 * DAY
        issued: Mapping[str, Callable[[], trustme.LeafCert]] = {
            "good": lambda: authority.issue_cert("127.0.0.1", "localhost", not_after=future),
            "expired": lambda: authority.issue_cert("127.0.0.1", not_before=past, not_after=now - DAY),
            "not yet valid": lambda: authority.issue_cert("127.0.0.1", not_before=now + DAY, not_after=future),
            "wrong name": lambda: authority.issue_cert("elsewhere.test", not_after=future),
            "unknown authority": lambda: stranger.issue_cert("127.0.0.1", not_after=future),
        }
        self._leaves = {name: make() for name, make in issued.items()}
        self._contexts = {name: _served(leaf) for name, leaf in self._leaves.items()}
        self._contexts["self-signed"] = self._self_signed(now)

    def context(self, name: str) -> ssl.SSLContext:
        return self._contexts[name]

    def fresh(self, name: str) -> ssl.SSLContext:
        """A context of its own with that certificate."""
        return _served(self._leaves[name])

    def pem(self, name: str) -> tuple[bytes, bytes]:
        """Its key and its chain."""
        leaf = self._leaves[name]
        return leaf.private_key_pem.bytes(), b"".join(blob.bytes() for blob in leaf.cert_chain_pems)

    def restricted(self, ciphers: str) -> ssl.SSLContext:
        """A good certificate, by TLS 1.2 with these ciphers only."""
        context = _served(self._leaves["good"])
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
        return context

    def _self_signed(self, now: dt.datetime) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - DAY, now + DAY)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        file = self._folder / "self-signed.pem"
        secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file.write_bytes(secret + certificate.public_bytes(pem))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _served(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context
