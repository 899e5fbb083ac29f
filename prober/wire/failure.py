"""How the wire says that a probe has come to its end without the answer it wanted.

`Failed` never leaves a probe: at its boundary it becomes an observation. What the operating system says is read
here, and only here. An error that the tables do not know is ours until somebody knows better.
"""

import errno
import os
import ssl
from collections.abc import Mapping

from prober.core.model import Phase
from prober.core.reason import Reason


class Failed(Exception):
    """The end of a probe: the kind of trouble, and one sentence for people that holds no secret."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


# The one deadline, or the system's own, ran out while this phase was running.
TIMED_OUT: Mapping[Phase, Reason] = {
    Phase.RESOLVE: Reason.DNS_TIMEOUT,
    Phase.CONNECT: Reason.CONNECT_TIMEOUT,
    Phase.TLS: Reason.TLS_TIMEOUT,
    Phase.SEND: Reason.HTTP_TIMEOUT,
    Phase.PROCESSING: Reason.HTTP_TIMEOUT,
    Phase.TRANSFER: Reason.HTTP_TIMEOUT,
}

_BY_ERRNO: Mapping[int, Reason] = {
    errno.ECONNREFUSED: Reason.CONNECT_REFUSED,
    errno.ECONNRESET: Reason.CONNECT_RESET,
    errno.ECONNABORTED: Reason.CONNECT_RESET,
    errno.EPIPE: Reason.CONNECT_RESET,
    errno.ENOTCONN: Reason.CONNECT_RESET,
    # Somebody on the way, or the target's own network, says that it is not there.
    errno.EHOSTUNREACH: Reason.UNREACHABLE,
    errno.EHOSTDOWN: Reason.UNREACHABLE,
    errno.ENOPROTOOPT: Reason.UNREACHABLE,
    # This host has no way out: no route, no such address family, or a local rule forbids it.
    errno.ENETUNREACH: Reason.SELF_UPLINK,
    errno.ENETDOWN: Reason.SELF_UPLINK,
    errno.EAFNOSUPPORT: Reason.SELF_UPLINK,
    errno.EACCES: Reason.SELF_UPLINK,
    errno.EPERM: Reason.SELF_UPLINK,
    # This process or host has used up what a connection needs: descriptors, ports, buffers.
    errno.EMFILE: Reason.SELF_DESCRIPTORS,
    errno.ENFILE: Reason.SELF_DESCRIPTORS,
    errno.ENOBUFS: Reason.SELF_DESCRIPTORS,
    errno.ENOMEM: Reason.SELF_DESCRIPTORS,
    errno.EADDRNOTAVAIL: Reason.SELF_DESCRIPTORS,
}


def failed_by(error: OSError, phase: Phase | None, doing: str) -> Failed:
    """What the operating system's or OpenSSL's error means; doing: "connecting to 192.0.2.1 port 80"."""
    if isinstance(error, ssl.SSLError):  # its errno is OpenSSL's, not the system's
        words = (error.reason or type(error).__name__).lower().replace("_", " ")
        return Failed(Reason.TLS_HANDSHAKE, f"{doing}: {words}")
    reason = _BY_ERRNO.get(error.errno or 0)
    if error.errno == errno.ETIMEDOUT and phase is not None:
        reason = TIMED_OUT[phase]
    elif reason is None and isinstance(error, ConnectionError):
        reason = Reason.CONNECT_RESET
    words = os.strerror(error.errno) if error.errno else type(error).__name__
    return Failed(reason or Reason.SELF_INTERNAL, f"{doing}: {words[:1].lower()}{words[1:]}")
