"""A listener by TLS serves by the certificate that its files have at the moment."""

import datetime as dt
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from prober.daemon.served_by import served_by
from prober.errors import ProberError
from tests.acceptance.scene import served
from tests.wire.certificates import Certificates


def write(certificates: Certificates, name: str, cert: Path, key: Path) -> None:
    key_pem, chain_pem = certificates.pem(name)
    cert.write_bytes(chain_pem)
    key.write_bytes(key_pem)


@contextmanager
def listening(cert: Path, key: Path | None) -> Iterator[int]:
    with served() as server:
        server.socket = served_by(cert, key).wrap_socket(server.socket, server_side=True)
        yield server.server_address[1]


def asked(port: int, certificates: Certificates) -> str | None:
    """Why the certificate was refused; None if it was not."""
    context = ssl.create_default_context(cafile=str(certificates.ca))
    try:
        urllib.request.urlopen(f"https://127.0.0.1:{port}/", timeout=10, context=context).close()
    except urllib.error.URLError as error:
        return getattr(error.reason, "verify_message", str(error.reason))
    return None


def test_a_new_certificate_is_served_at_once_and_a_broken_one_never(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    certificates = Certificates(tmp_path, dt.datetime.now(dt.UTC))
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    write(certificates, "expired", cert, key)
    with listening(cert, key) as port:
        assert asked(port, certificates) == "certificate has expired"
        write(certificates, "good", cert, key)
        assert asked(port, certificates) is None
        cert.write_text("nothing")
        assert asked(port, certificates) is None
        assert "expected a certificate with its key, found: something else; the one before goes on" in caplog.text
        cert.unlink()
        assert asked(port, certificates) is None


def test_certificate_and_key_may_be_one_file(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path, dt.datetime.now(dt.UTC))
    (tmp_path / "both.pem").write_bytes(b"".join(certificates.pem("good")))
    with listening(tmp_path / "both.pem", None) as port:
        assert asked(port, certificates) is None


def test_what_is_no_certificate_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ProberError, match=r"none\.pem: expected a certificate with its key, found: no such file"):
        served_by(tmp_path / "none.pem", None)
