"""How it is told that a notice did not arrive, whatever the channel speaks."""

import logging
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from prober.errors import DeliveryError
from prober.options import show_duration

logger = logging.getLogger(__name__)

_LONGEST_COMPLAINT = 200


def failed(target: str, why: str) -> DeliveryError:
    """The attempt failed, and another one may not."""
    return DeliveryError(f"{target}: {why}", permanent=False)


def late(target: str, timeout_ms: int) -> DeliveryError:
    """The deadline passed before there was an answer."""
    return failed(target, f"no answer within {show_duration(timeout_ms)}")


@contextmanager
def own_faults(target: str) -> Iterator[None]:
    """A fault of our own is a failed attempt like any other, and is logged: it must never stop the outbox."""
    try:
        yield
    except DeliveryError:
        raise
    except Exception as error:
        logger.exception("%s: a notice could not be sent", target)
        raise failed(target, f"{type(error).__name__} in prober itself") from error


def one_line(words: str) -> str:
    """What a stranger says, fit for a line of the log: printable, at most 200 characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())[:_LONGEST_COMPLAINT]


def deepest_reason(cause: BaseException | None) -> str:
    """The deepest reason that the system or OpenSSL gives along the causes of an error; "" if there is none."""
    reason = ""
    while cause is not None:
        if isinstance(cause, BaseExceptionGroup):
            cause = cause.exceptions[0]  # one for each address that was tried
        reason = _words(cause) or reason
        cause = cause.__cause__ or cause.__context__
    return reason


def _words(error: BaseException) -> str:
    """What the system or OpenSSL says of an error; "" if it says nothing."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {(error.reason or type(error).__name__).lower().replace('_', ' ')}"
    if isinstance(error, socket.gaierror):  # its errno is the resolver's, not the system's
        return str(error.strerror).lower()
    return os.strerror(error.errno).lower() if isinstance(error, OSError) and error.errno else ""
