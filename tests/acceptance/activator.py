"""What systemd does for `prober.socket`: holds the listening sockets, and hands them to each daemon it starts."""

import socket
import sys

from tests.acceptance.scene import Daemon

# The descriptors are named by the arguments, and the process keeps its id when it becomes the daemon.
_BECOME = """
import os, sys
*given, config = sys.argv[1:]
for n, descriptor in enumerate(map(int, given)):
    os.dup2(descriptor, 100 + n)
for n in range(len(given)):
    os.dup2(100 + n, 3 + n)
    os.close(100 + n)
names = ":".join(["prober.socket"] * len(given))
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(given)), "LISTEN_FDNAMES": names}
os.execv(sys.executable, [sys.executable, "-m", "prober", "run", "--config", config])
"""


class Activated(Daemon):
    """A daemon whose listeners are ours to hold: they stay while it is away."""

    def hold(self) -> None:
        self.held = [socket.create_server(("127.0.0.1", port), backlog=1024) for port in (self.public, self.up)]

    def command(self) -> list[str]:
        return [sys.executable, "-c", _BECOME, *(str(one.fileno()) for one in self.held), str(self.config)]

    def descriptors(self) -> list[int]:
        return [one.fileno() for one in self.held]

    def release(self) -> None:
        for one in self.held:
            one.close()
