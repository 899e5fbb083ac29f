"""TLS of a listener of ours, with the certificate that stands in its files at the moment."""

import logging
import ssl
from pathlib import Path
from typing import Any

from prober.errors import ProberError

logger = logging.getLogger(__name__)


def served_by(cert: Path, key: Path | None) -> ssl.SSLContext:
    """What serves by that certificate, and by another one as soon as the files have it. Raises ProberError.

    A new certificate that can't be used is told, and the old one goes on.
    """
    files = [cert] if key is None else [cert, key]
    state: dict[str, Any] = {"seen": _seen(files), "context": _context(cert, key)}

    def renew(of: ssl.SSLObject, _name: str | None, _context_: ssl.SSLContext) -> None:
        seen = _seen(files)
        if seen != state["seen"]:
            state["seen"] = seen
            try:
                state["context"] = _context(cert, key)
            except ProberError as error:
                logger.error("%s; the one before goes on", error)  # noqa: TRY400
        of.context = state["context"]

    first = _context(cert, key)
    first.sni_callback = renew  # asked at each handshake, whether it names a server or not
    return first


def _seen(files: list[Path]) -> list[tuple[int, int] | None]:
    """When each was written, and which file it is; None if it is not there."""
    found: list[tuple[int, int] | None] = []
    for file in files:
        try:
            status = file.stat()
            found.append((status.st_mtime_ns, status.st_ino))
        except OSError:
            found.append(None)
    return found


def _context(cert: Path, key: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key, password=str)
    except (OSError, ValueError) as error:
        why = (
            "something else"
            if isinstance(error, ssl.SSLError)
            else (getattr(error, "strerror", None) or "another").lower()
        )
        raise ProberError(f"{cert}: expected a certificate with its key, found: {why}") from error
    return context
