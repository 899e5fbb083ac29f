"""The control socket: a Unix socket in the state directory, by which the command line asks and orders without a key.

1. Who may open it is the file's mode to say, `0600`: the daemon's user, and root. Who connects is checked besides, by
   what the kernel says of him.
2. It is made once the state is ours, so that none but a dead daemon's is replaced.
"""

import asyncio
import logging
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prober.daemon.connection import Connection
from prober.daemon.serve import BACKLOG, prepare

logger = logging.getLogger(__name__)

NAME = "control.sock"
_PEER = struct.Struct("3i")  # process, user, group


@contextmanager
def controlled(directory: Path) -> Iterator[socket.socket | None]:
    """The socket, listening; None, with a line in the log, where the file system has none. It is removed at the end."""
    path = directory / NAME
    try:
        listener = _bound(directory)
    except OSError as error:
        logger.warning("%s: no control socket can be made, orders need a key: %s", path, error.strerror)
        yield None
        return
    try:
        yield listener
    finally:
        listener.close()
        with suppress(OSError):
            path.unlink()


def _bound(directory: Path) -> socket.socket:
    # By a descriptor, for the path of a socket is of 107 bytes at most.
    folder = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        (directory / NAME).unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            listener.bind(f"/proc/self/fd/{folder}/{NAME}")
        finally:
            os.umask(mask)
        listener.listen(BACKLOG)
        prepare(listener)
    except BaseException:
        listener.close()
        raise
    finally:
        os.close(folder)
    return listener


class ControlConnection(Connection):
    """Sent away is who is neither root nor the user that this process runs as."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        peer = transport.get_extra_info("socket")
        _, user, _ = _PEER.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
        if user not in (0, os.geteuid()):
            logger.warning("user %d was sent away from the control socket", user)
            transport.abort()
