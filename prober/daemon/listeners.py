"""The sockets that readers come to: those that systemd holds and hands over, and for the rest our own.

1. A socket that was handed over serves the listener of its name (`FileDescriptorName=public`), or that of its port.
   The address is then systemd's to say.
2. Nobody is refused while we restart: systemd keeps the socket, and who comes meanwhile waits in its queue.
"""

import logging
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager

from prober.daemon.serve import Address, bound, prepare
from prober.errors import ProberError

logger = logging.getLogger(__name__)

FIRST_DESCRIPTOR = 3  # SD_LISTEN_FDS_START of sd_listen_fds(3)


@contextmanager
def listeners(wanted: Mapping[str, Address], env: Mapping[str, str] = os.environ) -> Iterator[list[socket.socket]]:
    """A listening socket for each name, in that order. Raises ProberError if one can't be had.

    env: where the service manager says what it handed over, if anything (sd_listen_fds(3)).
    """
    with ExitStack() as stack:
        given = {one: name for name, one in inherited(env)}
        for one in given:
            stack.enter_context(closing(one))
        found: list[socket.socket] = []
        for name, address in wanted.items():
            fitting = _fitting(given, name, address)
            if fitting is None:
                found.append(stack.enter_context(closing(bound(*address))))
            else:
                given.pop(fitting)
                found.append(fitting)
        for one in given:
            logger.warning(
                "a socket on %s was handed over, expected one for %s; nobody answers there",
                _place(one),
                " or ".join(f"{name} ({host}:{port})" for name, (host, port) in wanted.items()),
            )
        yield found


def inherited(env: Mapping[str, str]) -> list[tuple[str, socket.socket]]:
    """What was handed over to this process, each with its name. Raises ProberError if it is no listening socket."""
    if env.get("LISTEN_PID") != str(os.getpid()) or not env.get("LISTEN_FDS", "").isdigit():
        return []
    count = int(env["LISTEN_FDS"])
    names = [*env.get("LISTEN_FDNAMES", "").split(":"), *[""] * count]
    return [(names[n], _taken(FIRST_DESCRIPTOR + n)) for n in range(count)]


def _taken(descriptor: int) -> socket.socket:
    try:
        os.set_inheritable(descriptor, False)
        one = socket.socket(fileno=descriptor)
    except OSError as error:
        found = os.strerror(error.errno or 0).lower()
        raise ProberError(f"descriptor {descriptor}: expected a socket to listen on, found: {found}") from error
    if not one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        one.close()
        raise ProberError(f"descriptor {descriptor}: expected a socket to listen on, found one that does not listen")
    prepare(one)
    return one


def _fitting(given: Mapping[socket.socket, str], name: str, address: Address) -> socket.socket | None:
    named = (one for one, its_name in given.items() if its_name == name)
    of_port = (one for one in given if one.family != socket.AF_UNIX and one.getsockname()[1] == address[1])
    return next(named, None) or next(of_port, None)


def _place(one: socket.socket) -> str:
    name = one.getsockname()
    return f"{name[0]}:{name[1]}" if isinstance(name, tuple) else str(name)
