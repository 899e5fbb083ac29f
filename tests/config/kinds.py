"""Two small kinds and the call that reads a file with them."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, field_validator

from prober.config import Config, load
from prober.errors import ConfigError
from prober.options import ChannelOptions, CheckOptions, Secret, mistake


class Ping(CheckOptions):
    """A kind of check."""

    host: str
    """What is pinged."""
    word: str = ""
    """What it says; a bad one is repeated in the mistake, as a careless kind would."""
    port: int = Field(default=7, ge=1, le=65_535)
    """Where."""
    mode: str = "plain"
    """How."""
    headers: dict[str, str] = Field(default={}, repr=False)
    """With what."""
    ports: list[int] = Field(default=[])
    """Where else."""

    @field_validator("word")
    @classmethod
    def _is_kind(cls, value: str) -> str:
        if "bad" in value:
            raise mistake("a kind word", f"the word {value}")
        return value

    def target(self) -> str:
        return f"ping://{self.host}:{self.port}"


class Pager(ChannelOptions):
    """A kind of channel."""

    phone: str
    """Whom it calls."""
    pin: Secret | None = None
    """What it is called with."""

    def target(self) -> str:
        return self.phone


def loaded(path: Path, env: Mapping[str, str] | None = None) -> Config:
    """The configuration in the file, read with these kinds."""
    return load(
        path,
        check_options=lambda kind: {"ping": Ping}[kind],
        check_kinds=("ping",),
        channel_options=lambda kind: {"pager": Pager}[kind],
        channel_kinds=("pager",),
        env=env or {},
    )


def written(folder: Path, text: str) -> Path:
    """A configuration file with that text."""
    path = folder / "config.toml"
    path.write_text(text)
    return path


def mistakes(path: Path, env: Mapping[str, str] | None = None) -> list[str]:
    """What is wrong with the file, without its name: `line: path: expected ..., found ...`."""
    try:
        loaded(path, env)
    except ConfigError as error:
        return [line.removeprefix(f"{path}:").strip() for line in error.mistakes]
    return []
