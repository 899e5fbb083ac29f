"""Kind command: runs a program of the operator's, and judges its exit status and what it says.

Off unless `prober.allow_commands` is set. No shell, none of our environment, and nothing of it outlives the probe.
"""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator

from prober.clock import Clock
from prober.core.model import Due, Observation, Outcome, Phase
from prober.core.reason import Reason
from prober.options import CheckOptions, mistake
from prober.probes.base import Kind
from prober.probes.boundary import Attempt, Judgement, observe
from prober.probes.expectations import OF_TEXTS, wanted
from prober.wire.command import Ended, run
from prober.wire.failure import TIMED_OUT

_TIMED_OUT = {**TIMED_OUT, Phase.PROCESSING: Reason.COMMAND_TIMEOUT}
_SHOWN = 200  # characters
_SCHEME = "command:"


def _exits(value: object) -> object:
    if isinstance(value, list) and all(isinstance(one, int) and 0 <= one <= 255 for one in value):
        return value
    raise mistake("a list of exit statuses from 0 to 255")


Exits = Annotated[list[int], BeforeValidator(_exits)]


class CommandOptions(CheckOptions):
    """The keys of a check of kind command."""

    argv: list[str] = Field(min_length=1, max_length=256, repr=False)
    """The program and its arguments; there is no shell."""
    env: dict[str, str] = Field(default={}, repr=False)
    """Its environment, besides PATH and LANG."""
    directory: str = "/"
    """Where it runs."""
    expect_exit: Exits = Field(default=[0], min_length=1)
    """The exit statuses that are good."""
    degraded_exit: Exits = Field(default=[])
    """Those that mean degraded."""
    unknown_exit: Exits = Field(default=[])
    """Those by which it says that it does not know."""
    expect_output: Any = None
    """What it must say, without the blanks around it: a text, or comparisons."""
    output_limit: int = Field(default=65_536, ge=1, le=1024 * 1024)
    """Bytes of what it says that are looked at; the rest is let go."""

    @field_validator("argv", mode="after")
    @classmethod
    def _is_program(cls, argv: list[str]) -> list[str]:
        if not Path(argv[0]).is_absolute():
            raise mistake("the absolute path of a program, and its arguments", f'"{argv[0]}"')
        if any("\0" in word for word in argv):
            raise mistake("arguments without a zero character", "one with it")
        return argv

    @field_validator("env", mode="after")
    @classmethod
    def _is_environment(cls, env: Mapping[str, str]) -> Mapping[str, str]:
        for name, value in env.items():
            if not name or "=" in name or "\0" in name + value:
                raise mistake("variables of an environment", f'"{name}"')
        return env

    @field_validator("directory", mode="after")
    @classmethod
    def _is_directory(cls, path: str) -> str:
        if not Path(path).is_absolute() or "\0" in path:
            raise mistake("an absolute path")
        return path

    @field_validator("expect_output", mode="after")
    @classmethod
    def _is_wanted(cls, written: Any) -> Any:
        if written is not None:
            if not isinstance(written, str | dict):
                raise mistake("a text or comparisons", f"a {type(written).__name__}")
            wanted(written, "expect_output", OF_TEXTS)
        return written

    def target(self) -> str:
        return self.argv[0]


class CommandProbe:
    """Prepared once: what is expected."""

    def __init__(self, options: CommandOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._env = options.env
        self._want = None if options.expect_output is None else wanted(options.expect_output, "expect_output", OF_TEXTS)

    async def probe(self, due: Due) -> Observation:
        return await observe(due, self._clock, self._options.timeout, self._run, _TIMED_OUT)

    async def _run(self, attempt: Attempt) -> Judgement | None:
        options = self._options
        attempt.watch.enter(Phase.PROCESSING)
        ended = await run(options.argv, self._env, options.directory, options.output_limit)
        text = ended.output.decode("utf-8", "replace").strip()
        attempt.facts["exit_code"] = ended.status
        attempt.facts["output"] = _line(text)
        return self._judged(ended, text)

    def _judged(self, ended: Ended, text: str) -> Judgement | None:
        options, status = self._options, ended.status
        if status in options.unknown_exit:
            return Judgement(Outcome.UNKNOWN, Reason.CONFIG_UNKNOWN, f"it says by exit status {status}: unknown")
        if status in options.degraded_exit:
            return Judgement(Outcome.DEGRADED, Reason.COMMAND_FAILED, f"exit status {status}")
        if status not in options.expect_exit:
            good = ", ".join(map(str, options.expect_exit))
            found = f"exit status {status}" if status >= 0 else f"its end by signal {-status}"
            return Judgement(Outcome.DOWN, Reason.COMMAND_FAILED, f"expected exit status {good}, found {found}")
        if self._want is not None and self._want.is_absent is bool(text):
            found = "something" if self._want.is_absent else "nothing"
            return Judgement(Outcome.DOWN, Reason.EXPECT_OUTPUT, f"expected output {self._want.told}, found {found}")
        if self._want is not None and text and not self._want.holds(text):
            told = f"expected output {self._want.told}, found something else"
            return Judgement(Outcome.DOWN, Reason.EXPECT_OUTPUT, told)
        return None


def _line(text: str) -> str:
    """The first line of what it said, for people."""
    line = text.partition("\n")[0][:_SHOWN]
    return "".join(char if char.isprintable() else "?" for char in line.strip())


def build(options: CheckOptions, clock: Clock) -> CommandProbe:
    """The prober of one check of kind command."""
    if not isinstance(options, CommandOptions):
        raise TypeError(type(options).__name__)
    return CommandProbe(options, clock)


def guesses(target: str) -> dict[str, object] | None:
    """`command:/path/to/program its arguments` means this kind; quotes are as in a shell."""
    if not target.startswith(_SCHEME):
        return None
    try:
        return {"argv": shlex.split(target.removeprefix(_SCHEME))}
    except ValueError:
        return None


KIND = Kind(options=CommandOptions, build=build, guesses=guesses, example="command:/usr/bin/true")
