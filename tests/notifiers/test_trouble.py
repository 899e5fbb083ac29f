"""What went wrong is told in a line, with the deepest reason there is."""

import errno
import ssl

import pytest

from prober.errors import DeliveryError
from prober.notifiers.trouble import deepest_reason, late, one_line, own_faults


def caused(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


def refused_by_openssl() -> ssl.SSLError:
    """What OpenSSL raises when the peer speaks no TLS."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    incoming.write(b"220 mail.example ready\r\n")
    try:
        ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    except ssl.SSLError as error:
        return error
    raise AssertionError("it took that for TLS")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (None, ""),
        (ValueError("hush"), ""),
        (OSError(errno.ECONNREFUSED, "hush"), "connection refused"),
        (caused(ConnectionError("hush"), OSError(errno.ENETUNREACH, "hush")), "network is unreachable"),
        (ExceptionGroup("hush", [OSError(errno.EHOSTUNREACH, "hush")]), "no route to host"),
        (refused_by_openssl(), "TLS: wrong version number"),
    ],
)
def test_the_deepest_reason_is_told(error: BaseException | None, reason: str) -> None:
    assert deepest_reason(error) == reason


def test_a_stranger_is_quoted_in_one_line() -> None:
    assert one_line(" a\r\nb\x1b[2J\u202e c ") == "a b [2J c"
    assert len(one_line("x" * 500)) == 200


def test_a_deadline_is_told_as_it_was_written() -> None:
    assert str(late("https://h", 90_000)) == "https://h: no answer within 1m30s"


def test_a_fault_of_our_own_is_logged_and_may_be_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(DeliveryError, match="https://h: KeyError in prober itself") as failed, own_faults("https://h"):
        raise KeyError("hush")
    assert not failed.value.permanent
    assert "could not be sent" in caplog.text
