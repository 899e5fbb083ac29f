"""Certificates good and bad, made when the tests run."""

import datetime as dt
import ipaddress
import ssl
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
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
        self._add_chains(authority, future)
        self._add_versions(authority)
        self._contexts["common name only"] = self._by_hand("common name only", authority, now, ec.SECP256R1())
        self._contexts["weak key"] = self._by_hand("weak key", authority, now, None)

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

    def _add_chains(self, authority: trustme.CA, future: dt.datetime) -> None:
        below = authority.create_child_ca()
        leaf = below.issue_cert("127.0.0.1", not_after=future)
        self._contexts["intermediate"] = _served(leaf)
        alone = self._folder / "alone.pem"
        alone.write_bytes(leaf.private_key_pem.bytes() + leaf.cert_chain_pems[0].bytes())
        missing = self._contexts["intermediate missing"] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        missing.load_cert_chain(alone)
        old = authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.RSA, not_after=future)
        self._contexts["rsa"] = _served(old)

    def _add_versions(self, authority: trustme.CA) -> None:
        versions = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2}
        for name, version in versions.items():
            old = self._contexts[f"tls {name}"] = self.fresh("good")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                old.minimum_version = old.maximum_version = version
            if name != "1.2":
                old.set_ciphers("ALL:@SECLEVEL=0")
        for name, mode in (
            ("optional", ssl.CERT_OPTIONAL),
            ("wanted", ssl.CERT_REQUIRED),
            ("wanted 1.2", ssl.CERT_REQUIRED),
        ):
            asking = self._contexts[f"client {name}"] = self.fresh("good")
            authority.configure_trust(asking)
            asking.verify_mode = mode
            if name == "wanted 1.2":
                asking.maximum_version = ssl.TLSVersion.TLSv1_2

    def _by_hand(
        self, name: str, authority: trustme.CA, now: dt.datetime, curve: ec.EllipticCurve | None
    ) -> ssl.SSLContext:
        """What no authority would make today. curve: None = a key of 1024 bits of RSA, with the right name."""
        above = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
        signer = serialization.load_pem_private_key(authority.private_key_pem.bytes(), None)
        assert isinstance(signer, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
        key = ec.generate_private_key(curve) if curve else rsa.generate_private_key(65537, 1024)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        serial = x509.random_serial_number()
        made = x509.CertificateBuilder(above.subject, subject, key.public_key(), serial, now - DAY, now + DAY)
        if curve is None:
            names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
            made = made.add_extension(names, critical=False)
        return self._loaded(name, key, made.sign(signer, hashes.SHA256()))

    def _loaded(self, name: str, key: _Key, certificate: x509.Certificate) -> ssl.SSLContext:
        pem = serialization.Encoding.PEM
        file = self._folder / f"{name}.pem"
        secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file.write_bytes(secret + certificate.public_bytes(pem))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # else the weak key is refused on this side
        context.load_cert_chain(file)
        return context

    def _self_signed(self, now: dt.datetime) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - DAY, now + DAY)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .sign(key, hashes.SHA256())
        )
        return self._loaded("self-signed", key, certificate)


def _served(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context
