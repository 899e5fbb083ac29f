"""Kind apprise: the long tail of services, through the library Apprise, which has to be installed beside prober.

Apprise waits, and never gives up by itself on a receiver that dribbles: each notice is sent by a process of its own,
which is killed at the channel's deadline, and whose weight the daemon does not carry. What a receiver answered it tells
by words alone; the status is read out of them.
"""

import json
import logging
import os
import re
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import anyio
from pydantic import SecretStr, field_validator

from prober.core.model import Indicator
from prober.errors import DeliveryError
from prober.notifiers import apprise_child
from prober.notifiers.base import Parcel, Receipt, kind_of
from prober.notifiers.keys import matching
from prober.notifiers.post import RETRIED
from prober.notifiers.text import fitted, telling
from prober.notifiers.trouble import failed, late, one_line, own_faults
from prober.options import ChannelOptions, DurationMs, Secret, mistake

logger = logging.getLogger(__name__)

LONGEST_TITLE = 250
LONGEST_BODY = 10_000
EXTRA = "pip install 'prober[apprise]'"

_TYPE = {
    Indicator.NONE: "success",
    Indicator.MAINTENANCE: "info",
    Indicator.MINOR: "warning",
    Indicator.MAJOR: "failure",
    Indicator.CRITICAL: "failure",
}
_EXPECTED = 'a URL of Apprise\'s such as "mmosts://host/token"'
_STATUS = re.compile(r"\berror=([1-5][0-9]{2})\b", re.ASCII)
_KEPT_ENVIRONMENT = ("PATH", "PYTHONPATH", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR")


class AppriseOptions(ChannelOptions):
    """The keys of a channel of kind apprise."""

    timeout: DurationMs = 30_000
    """The one deadline of an attempt."""
    url: Annotated[Secret, matching(r"[A-Za-z][A-Za-z0-9]{0,30}://[!-~]{1,2000}", _EXPECTED)]
    """Where notices are sent, as Apprise writes it."""

    @field_validator("url", mode="after")
    @classmethod
    def _is_known(cls, value: SecretStr) -> SecretStr:
        if find_spec("apprise") is None:
            raise mistake(f"the library Apprise beside prober: {EXTRA}", "none")
        if not _is_taken(value.get_secret_value()):
            raise mistake(_EXPECTED, "one that Apprise does not take")
        return value

    def target(self) -> str:
        return f"apprise {self.url.get_secret_value().partition('://')[0].lower()}://..."


def message(parcel: Parcel, url: str) -> dict[str, str]:
    """What the child is told."""
    told = telling(parcel)
    return {
        "url": url,
        "title": fitted(told.subject, LONGEST_TITLE),
        "body": fitted("\n".join(told.lines), LONGEST_BODY),
        "type": _TYPE[told.badness],
    }


class Apprise:
    """Sends through one URL."""

    def __init__(self, options: AppriseOptions) -> None:
        self._url = options.url.get_secret_value()
        self._target = options.target()
        self._timeout_ms = options.timeout
        self._secrets = re.findall(r"[^\s/?&=:@,]{4,}", self._url.partition("://")[2])

    async def send(self, parcel: Parcel) -> Receipt:
        """Send once. Raises DeliveryError, whatever has happened: a fault must never stop the outbox."""
        told = None
        with own_faults(self._target), anyio.move_on_after(self._timeout_ms / 1000):
            told = await _carried(json.dumps(message(parcel, self._url)).encode("ascii"))
        if told is None:
            raise late(self._target, self._timeout_ms)
        if told.get("ok") is True:
            return Receipt()
        raise self._trouble(str(told.get("why", "")))

    async def aclose(self) -> None:
        """Nothing is held open."""

    def _trouble(self, why: str) -> DeliveryError:
        words = one_line(why)
        if not words or any(secret in why for secret in self._secrets):
            words = ""
        found = _STATUS.search(why)
        if found is None:
            return failed(self._target, f"not delivered: {words}" if words else "not delivered")
        status = int(found[1])
        text = f"{self._target}: answered {status}{f': {words}' if words else ''}"
        return DeliveryError(text, permanent=300 <= status < 500 and status not in RETRIED, status=status)


@cache
def _is_taken(url: str) -> bool:
    """Whether Apprise makes something of the URL. A child that does not answer says nothing against it."""
    try:
        told = json.dumps({"url": url}).encode("ascii")
        ended = subprocess.run(_child(), input=told, env=_environment(), capture_output=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return True
    return _answer(ended.stdout).get("ok") is not False


def _child() -> list[str]:
    return [sys.executable, "-P", str(Path(apprise_child.__file__))]


def _environment() -> dict[str, str]:
    """Nothing of ours that is secret, and no proxies."""
    return {key: os.environ[key] for key in _KEPT_ENVIRONMENT if key in os.environ}


def _answer(output: bytes) -> dict[str, Any]:
    try:
        found = json.loads(output.rpartition(b"\n")[2])
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}


async def _carried(told: bytes) -> dict[str, Any]:
    """What the child says became of it. The child is killed if the caller stops waiting."""
    found: dict[str, Any] = {}
    try:
        ended = await anyio.run_process(
            _child(), input=told, stderr=subprocess.DEVNULL, check=False, env=_environment(), start_new_session=True
        )
        found = _answer(ended.stdout)
    except* (OSError, anyio.BrokenResourceError):
        logger.exception("no process for Apprise")
    return found or {"why": "the process of Apprise said nothing"}


KIND = kind_of(AppriseOptions, Apprise)
