"""Logs to standard error: text with priorities that journald reads, or JSON; never a secret."""

import logging
import os
import sys
from collections.abc import Callable, Collection

from pythonjsonlogger.json import JsonFormatter

_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


_FORMATTER = logging.Formatter()


class Redaction:
    """Hides secrets, those of a configuration that no longer holds as well."""

    def __init__(self, secrets: Collection[str]) -> None:
        self._secrets: frozenset[str] = frozenset()
        self.know(secrets)

    def know(self, secrets: Collection[str]) -> None:
        """Hide these as well from now on."""
        from prober.config.config import HIDDEN
        from prober.config.references import Masks

        self._secrets |= frozenset(secrets)
        self._masks = Masks(dict.fromkeys(self._secrets, HIDDEN))

    def __call__(self, text: str) -> str:
        return self._masks.over(text)


class _Redacting(logging.Filter):
    """Replaces secrets in the finished message of every record, and in its traceback."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        super().__init__()
        self._redact = redact

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._redact(record.getMessage()), None
        if record.exc_info:
            record.exc_text, record.exc_info = self._redact(_FORMATTER.formatException(record.exc_info)), None
        return True


class _Text(logging.Formatter):
    """`<6>` priorities for journald when it listens, times for people when it does not."""

    def __init__(self, *, is_journal: bool) -> None:
        super().__init__("%(message)s" if is_journal else "%(asctime)s %(levelname)-7s %(message)s")
        self._is_journal = is_journal

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return f"<{_PRIORITY.get(record.levelno, 6)}>{text}" if self._is_journal else text


def start_logs(style: str, level: str, redact: Callable[[str], str]) -> None:
    """Log to standard error from now on. style: "text" or "json"; level: "debug" to "error"."""
    handler = logging.StreamHandler(sys.stderr)
    if style == "json":
        handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    else:
        handler.setFormatter(_Text(is_journal="JOURNAL_STREAM" in os.environ))
    handler.addFilter(_Redacting(redact))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", "aiosqlite", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # Its warnings are of what readers send: whoever wants could fill the log with them.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
