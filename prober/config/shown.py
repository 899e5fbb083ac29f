"""The configuration as it holds, written as TOML again: what the file says, without a secret."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from prober.config.config import HIDDEN, Config
from prober.config.models import SINGLE, TABLES
from prober.config.words import hidden_keys, is_duration, quiet
from prober.options import ChannelOptions, CheckOptions, Options, show_duration


def shown(config: Config, section: str | None = None, id_: str | None = None) -> str:
    """Every table with the keys that it was given. Secrets, and what may contain one, are `***`.

    section, id_: of these alone.
    """
    sections = TABLES if section is None else (section,)
    return "\n".join(line for name in sections for line in _section(name, config, id_)) + "\n"


def _section(section: str, config: Config, only: str | None) -> Iterator[str]:
    if section in SINGLE:
        yield from _table(section, config.daemon if section == "prober" else getattr(config, section), config)
        return
    found: Mapping[str, Options] = getattr(config, section)
    for id_, options in found.items():
        if only in (None, id_):
            yield from _table(f"{section}.{json.dumps(id_)}", options, config)


def _table(name: str, options: Options, config: Config) -> Iterator[str]:
    given = [key for key in type(options).model_fields if key in options.model_fields_set]
    values = {key: getattr(options, key) for key in given}
    if name.startswith("modules."):
        values = {key: value for key, value in values.items() if not _stands_for_a_target(key, value)}
    yield f"[{name}]"
    for key, value in values.items():
        if value is not None:
            yield f"{key} = {_value(options, key, value, config)}"
    yield ""


def _stands_for_a_target(key: str, value: Any) -> bool:
    return key in ("component", "port") or (key in ("url", "host") and "target.invalid" in value)


def _value(options: Options, key: str, value: Any, config: Config) -> str:
    if key == "url" and isinstance(options, CheckOptions | ChannelOptions):
        return _text(quiet(config.redact(options.target())))
    if key in hidden_keys(type(options)):
        return _text(HIDDEN)
    field: FieldInfo = type(options).model_fields[key]
    return _written(show_duration(value) if is_duration(field) and isinstance(value, int) else value, config)


def _written(value: Any, config: Config) -> str:
    """A value as TOML."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case datetime():
            return value.isoformat()
        case list() | tuple() | set() | frozenset() if not hasattr(value, "_fields"):
            return f"[{', '.join(_written(item, config) for item in value)}]"
        case dict():
            inner = (f"{_text(config.redact(str(key)))} = {_written(item, config)}" for key, item in value.items())
            return f"{{ {', '.join(inner)} }}"
        case BaseModel():
            return _written({key: item for key, item in value if item is not None}, config)
        case _:
            return _text(config.redact(str(value)))


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
