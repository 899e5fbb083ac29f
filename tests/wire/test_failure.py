"""Whose fault it is, as the operating system's word for it tells."""

import errno
import ssl

import pytest

from prober.core.model import Phase
from prober.core.reason import Reason
from prober.wire.failure import TIMED_OUT, failed_by

TABLE = [
    (errno.ECONNREFUSED, Reason.CONNECT_REFUSED, "target"),
    (errno.ECONNRESET, Reason.CONNECT_RESET, "target"),
    (errno.EPIPE, Reason.CONNECT_RESET, "target"),
    (errno.EHOSTUNREACH, Reason.UNREACHABLE, "target"),
    (errno.EHOSTDOWN, Reason.UNREACHABLE, "target"),
    (errno.ENETUNREACH, Reason.SELF_UPLINK, "self"),
    (errno.ENETDOWN, Reason.SELF_UPLINK, "self"),
    (errno.EACCES, Reason.SELF_UPLINK, "self"),
    (errno.EAFNOSUPPORT, Reason.SELF_UPLINK, "self"),
    (errno.EPERM, Reason.SELF_UPLINK, "self"),
    (errno.EMFILE, Reason.SELF_DESCRIPTORS, "self"),
    (errno.ENFILE, Reason.SELF_DESCRIPTORS, "self"),
    (errno.ENOBUFS, Reason.SELF_DESCRIPTORS, "self"),
    (errno.EADDRNOTAVAIL, Reason.SELF_DESCRIPTORS, "self"),
    (errno.EDOM, Reason.SELF_INTERNAL, "self"),
]


@pytest.mark.parametrize(("number", "reason", "owner"), TABLE)
def test_the_systems_error_tells_whose_fault_it_is(number: int, reason: Reason, owner: str) -> None:
    failed = failed_by(OSError(number, "x"), Phase.CONNECT, "connecting to 192.0.2.1 port 80")
    assert (failed.reason, failed.reason.owner) == (reason, owner)
    assert failed.detail.startswith("connecting to 192.0.2.1 port 80: ")


def test_a_sentence_goes_on_in_lower_case() -> None:
    failed = failed_by(ConnectionRefusedError(errno.ECONNREFUSED, "x"), Phase.CONNECT, "connecting")
    assert failed.detail == "connecting: connection refused"


@pytest.mark.parametrize(
    ("phase", "reason"),
    [
        (Phase.RESOLVE, "dns_timeout"),
        (Phase.CONNECT, "connect_timeout"),
        (Phase.TLS, "tls_timeout"),
        (Phase.SEND, "http_timeout"),
        (Phase.PROCESSING, "http_timeout"),
        (Phase.TRANSFER, "http_timeout"),
    ],
)
def test_the_systems_own_timeout_is_the_running_phases(phase: Phase, reason: str) -> None:
    assert failed_by(OSError(errno.ETIMEDOUT, "x"), phase, "x").reason == reason


def test_no_phase_is_without_its_timeout() -> None:
    assert set(TIMED_OUT) == set(Phase)


def test_a_broken_connection_without_a_number_is_a_reset() -> None:
    failed = failed_by(ConnectionResetError(), Phase.TRANSFER, "the connection broke")
    assert failed.reason is Reason.CONNECT_RESET
    assert failed.detail == "the connection broke: connectionResetError"


def test_openssls_number_is_not_taken_for_the_systems() -> None:
    error = ssl.SSLError(errno.ECONNREFUSED, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
    error.reason = "WRONG_VERSION_NUMBER"
    failed = failed_by(error, Phase.TLS, "TLS handshake")
    assert (failed.reason, failed.detail) == (Reason.TLS_HANDSHAKE, "TLS handshake: wrong version number")
