"""Speaks to systemd: READY, STATUS, RELOADING, WATCHDOG and STOPPING over its notify socket, if there is one."""

import logging
import os
import socket
from collections.abc import Mapping

import anyio

from prober.daemon.progress import Progress

logger = logging.getLogger(__name__)


class ServiceManager:
    """The service manager that started us, or nobody. env: where it left its addresses."""

    def __init__(self, env: Mapping[str, str] = os.environ) -> None:
        self._address = env.get("NOTIFY_SOCKET", "")
        is_for_us = env.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        usec = env.get("WATCHDOG_USEC", "")
        self.watchdog_s = int(usec) / 1e6 if usec.isdigit() and is_for_us else None

    def tell(self, *words: str) -> None:
        """Send e.g. "READY=1", "STATUS=watching 5 checks"."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as peer:
                peer.connect(address)
                peer.sendall("\n".join(words).encode())
        except OSError as error:
            logger.warning("the service manager could not be told %s: %s", words[0], error)

    async def keep_watchdog(self, progress: Progress) -> None:
        """Pet the watchdog while scheduler, writer and outbox all make progress; returns if there is none."""
        if self.watchdog_s is None:
            return
        while True:
            stuck = progress.stuck(self.watchdog_s / 2)
            if stuck:
                logger.error("no progress in: %s; the watchdog is not petted", ", ".join(stuck))
            else:
                self.tell("WATCHDOG=1")
            await anyio.sleep(self.watchdog_s / 4)
