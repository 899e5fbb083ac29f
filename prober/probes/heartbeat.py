"""Kind heartbeat: nothing is asked; a job reports by itself, and what is overdue is a failure.

The rules of judgement stand in core/heartbeat.py; here are its words, and when the next report is due.
"""

import functools
import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from prober.clock import Clock
from prober.core.heartbeat import Heard, Rhythm, Standing, standing
from prober.core.model import Due, Observation, Outcome
from prober.core.reason import Reason
from prober.options import CheckOptions, DurationMs, Secret, Zone, mistake, show_duration
from prober.probes.base import Kind

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,128}")
_HASH = re.compile(r"[0-9a-f]{64}")
_SCHEME = "heartbeat://"

_JUDGED: Mapping[Standing, tuple[Outcome, Reason | None]] = {
    Standing.NEW: (Outcome.UNKNOWN, Reason.CONFIG_UNHEARD),
    Standing.GOOD: (Outcome.UP, None),
    Standing.LATE: (Outcome.UP, None),
    Standing.MISSED: (Outcome.DOWN, Reason.HEARTBEAT_MISSED),
    Standing.STUCK: (Outcome.DOWN, Reason.HEARTBEAT_MISSED),
    Standing.FAILED: (Outcome.DOWN, Reason.HEARTBEAT_FAILED),
    Standing.AWAY: (Outcome.UNKNOWN, Reason.SELF_AWAY),
}


class HeartbeatOptions(CheckOptions):
    """The keys of a check of kind heartbeat."""

    failures: int = Field(default=1, ge=1, le=100)
    """A report of failure, or one that is missed, needs no second look."""
    successes: int = Field(default=1, ge=1, le=100)
    """Nor does a good one."""
    token: Secret | None = None
    """The secret part of the address that the job reports to."""
    token_hash: str | None = Field(default=None, validate_default=True)
    """In its place, the token's SHA-256 as 64 hexadecimal digits."""
    period: DurationMs | None = None
    """How much time may pass between two reports."""
    cron: str | None = Field(default=None, validate_default=True)
    """In its place, when the job runs: a cron line."""
    zone: Zone = "UTC"
    """Whose local time the cron line means."""
    grace: DurationMs = Field(default="5m", validate_default=True)
    """How much later than due a report may come, and how long a run may take that was announced."""
    late_is_degraded: bool = False
    """Whether it is degraded while its report is late, within the grace."""

    @field_validator("token", mode="after")
    @classmethod
    def _is_token(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not _TOKEN.fullmatch(token.get_secret_value()):
            raise mistake("a token of 16 to 128 letters, digits, _ and -", "something else")
        return token

    @field_validator("token_hash", mode="after")
    @classmethod
    def _is_hash(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is not None and not _HASH.fullmatch(text):
            raise mistake("64 hexadecimal digits in lower case")
        if "token" in info.data and (text is None) == (info.data["token"] is None):
            raise mistake("either token or token_hash", "both" if text else "neither")
        return text

    @field_validator("cron", mode="after")
    @classmethod
    def _is_cron(cls, line: str | None, info: ValidationInfo) -> str | None:
        from prober.wire.cron import checked

        if line is not None:
            try:
                checked(line)
            except ValueError as error:
                raise mistake('a cron line such as "0 3 * * *"', f'"{line}": {error}') from None
        if "period" in info.data and (line is None) == (info.data["period"] is None):
            raise mistake("either period or cron", "both" if line else "neither")
        return line

    @property
    def digest(self) -> str:
        """SHA-256 of the token."""
        if self.token is None:
            return self.token_hash or ""
        return hashlib.sha256(self.token.get_secret_value().encode()).hexdigest()

    def target(self) -> str:
        if self.cron is not None:
            return f"reports at {self.cron} ({self.zone})"
        return f"reports every {show_duration(self.period or 0)}"


class HeartbeatProbe:
    """Looks at what was heard. Nobody has told it from whom to hear: then nothing was."""

    def __init__(self, options: HeartbeatOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._known: Callable[[str], Heard | None] = lambda _: None
        self.digest = options.digest
        self.rhythm = Rhythm(functools.lru_cache(maxsize=4)(_due_after(options)), options.grace)

    def hear_from(self, known: Callable[[str], Heard | None]) -> None:
        self._known = known

    async def probe(self, due: Due) -> Observation:
        now_ms, known = self._clock.now_ms(), self._known(due.check)
        how = standing(known, self.rhythm, now_ms)
        outcome, reason = _JUDGED[how]
        if how is Standing.LATE and self._options.late_is_degraded:
            outcome, reason = Outcome.DEGRADED, Reason.HEARTBEAT_LATE
        detail = "" if reason is None else _detail(how, known, self.rhythm)
        return Observation(due.check, due.scheduled_ms, now_ms, 0, outcome, reason, detail, (), _facts(how, known))


def _due_after(options: HeartbeatOptions) -> Callable[[int], int]:
    line, period_ms = options.cron, options.period or 0
    if line is None:
        return lambda since_ms: since_ms + period_ms

    def due_after(since_ms: int) -> int:
        from prober.wire.cron import next_ms

        return next_ms(line, options.zone, since_ms)

    return due_after


def _detail(how: Standing, known: Heard | None, rhythm: Rhythm) -> str:
    if known is None:
        return "it has never reported"
    due = _moment(rhythm.due_after(known.since_ms))
    code = "" if known.code is None else f" with exit status {known.code}"
    return {
        Standing.LATE: f"its report was due at {due}",
        Standing.MISSED: f"its report was due at {due}, and has not come",
        Standing.STUCK: f"it began at {_moment(known.started_ms or 0)}, and has not ended",
        Standing.FAILED: f"it reported a failure at {_moment(known.failed_ms or 0)}{code}",
        Standing.AWAY: f"it may have reported while prober was away; its next report is due at {due}",
    }.get(how, "")


def _facts(how: Standing, known: Heard | None) -> dict[str, float | int | str | bool]:
    facts: dict[str, float | int | str | bool] = {"heartbeat": how.value}
    if known is not None:
        if known.good_ms is not None:
            facts["last_success_s"] = known.good_ms // 1000
        if known.run_ms is not None:
            facts["run_ms"] = known.run_ms
        if known.code is not None:
            facts["exit_code"] = known.code
    return facts


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def build(options: CheckOptions, clock: Clock) -> HeartbeatProbe:
    """The prober of one check of kind heartbeat."""
    if not isinstance(options, HeartbeatOptions):
        raise TypeError(type(options).__name__)
    return HeartbeatProbe(options, clock)


def guesses(target: str) -> dict[str, object] | None:
    """`heartbeat://TOKEN` means this kind, of a job that reports each day."""
    token = target.removeprefix(_SCHEME)
    return {"token": token, "period": "1d"} if token != target else None


KIND = Kind(options=HeartbeatOptions, build=build, guesses=guesses, example="heartbeat://0123456789abcdef")
