"""Programs that some tests start and drive. `scripts/services` installs them.

Without one, its tests are skipped and the summary says why; with CI=true they fail, so that nobody's CI is green for
want of a program.
"""

import os
import shutil
import socket
from pathlib import Path
from typing import NoReturn

import pytest

from prober.wire.echo import permitted

SERVICES = (
    "chromium", "prometheus", "nginx", "prometheus-blackbox-exporter", "node", "systemd-analyze",
    "strace", "gcc", "curl", "unshare", "ip",
)  # fmt: skip
# Debian puts servers where only root's PATH looks.
SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def service(name: str) -> Path | None:
    """Where the program is, or None."""
    found = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", os.defpath), *SBIN)))
    return Path(found) if found else None


def needs_service(name: str) -> Path:
    """Where the program is; without it the calling test (or fixture) goes no further."""
    path = service(name)
    if path is None:
        go_no_further(f"no {name} on this machine: scripts/services installs it")
    return path


def go_no_further(reason: str) -> NoReturn:
    """Skip the calling test for want of something, and fail it in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def presence() -> str:
    """One line about all of them."""
    here = [name for name in SERVICES if service(name)]
    missing = [name for name in SERVICES if name not in here]
    line = f"services: {', '.join(here) or 'none'}"
    return f"{line}; missing: {', '.join(missing)} (scripts/services installs them)" if missing else line


def _may_ping() -> bool:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP).close()
    except PermissionError:
        return False
    return True


needs_pings = pytest.mark.skipif(not _may_ping(), reason=f"this system lets us send no pings: {permitted()}")
