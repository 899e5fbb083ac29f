import ssl
import stat
from datetime import timedelta
from pathlib import Path

from cryptography import x509

from prober.demo.certificate import expiring_certificate
from tests.builders import T0


def test_the_certificate_expires_when_it_should_and_its_key_is_private(tmp_path: Path) -> None:
    files = expiring_certificate(tmp_path, T0, timedelta(days=5))
    certificate = x509.load_pem_x509_certificate(files.server.read_bytes())
    assert certificate.not_valid_after_utc.timestamp() == T0 // 1000 + 5 * 86_400
    assert stat.S_IMODE(files.server.stat().st_mode) == 0o600
    assert b"PRIVATE" not in files.ca.read_bytes()


def test_it_is_signed_by_the_authority_under_strict_rules(tmp_path: Path) -> None:
    files = expiring_certificate(tmp_path, T0)
    authority = x509.load_pem_x509_certificate(files.ca.read_bytes())
    x509.load_pem_x509_certificate(files.server.read_bytes()).verify_directly_issued_by(authority)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.server)
