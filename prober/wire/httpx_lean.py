"""httpx without its command line, which would load rich and click into the daemon.

Take httpx from here: `from prober.wire.httpx_lean import httpx`.
"""

import sys

# A None in this table makes the import fail at once, which httpx provides for.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
# Where it is not installed, httpcore would search the disk for it eight times a request: a third of what that costs.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]

import httpx  # noqa: E402 - only now

__all__ = ["httpx"]
