"""Modules of a `blackbox.yml` beside those of the configuration, judged by the models of their kinds."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from pydantic import ValidationError

from prober.config.blackbox import Converted, FromFile, Module, converted
from prober.config.config import Config
from prober.config.document import read_bytes
from prober.config.references import SHORTEST_SECRET
from prober.config.words import secret_keys
from prober.errors import ConfigError
from prober.options import CheckOptions

Model = Callable[[str], type[CheckOptions]]
Placeholders = Mapping[str, Mapping[str, object]]


class Read(NamedTuple):
    """What a file has become. options: by id; mistakes: what the models say of it; secrets: of it."""

    converted: Converted
    options: Mapping[str, CheckOptions]
    mistakes: list[str]
    secrets: frozenset[str]


def read(path: Path, model: Model, placeholders: Placeholders) -> Read:
    """The modules in the file. Raises ConfigError if it can't be read.

    model: of a kind's keys. placeholders: by kind, what stands for the keys that a target will give.
    """
    found = converted(str(path), _text(path), path.absolute().parent)
    options: dict[str, CheckOptions] = {}
    mistakes: list[str] = []
    secrets: set[str] = set()
    for id_, module in found.modules.items():
        if "kind" not in module.keys:
            continue  # refused
        where = f"{path}:{module.line}:{module.column}: modules.{id_}"
        try:
            keys = _resolved(module, secrets)
            kind = str(keys["kind"])
            options[id_] = model(kind).model_validate({"component": id_, "name": id_, **placeholders[kind], **keys})
        except OSError as error:
            what = error.strerror or "something else"
            mistakes.append(f"{where}: expected a readable file at {error.filename}, found: {what.lower()}")
        except UnicodeDecodeError:
            mistakes.append(f"{where}: expected files of UTF-8, found something else")
        except ValidationError as error:
            mistakes += [f"{where}: {_told(one)}" for one in error.errors(include_url=False, include_input=False)]
        else:
            secrets |= _secrets(options[id_])
    return Read(found, options, mistakes, frozenset(secrets))


def with_blackbox(config: Config, path: Path, model: Model, placeholders: Placeholders) -> tuple[Config, list[str]]:
    """The configuration with the file's modules, and what differs from blackbox_exporter, a line each.

    Raises ConfigError with every mistake, and with everything that has no equal.
    """
    found = read(path, model, placeholders)
    twice = [
        f"{path}:{module.line}:{module.column}: modules.{id_}: expected an id that {config.path} does not have, found "
        "one that it has"
        for id_, module in found.converted.modules.items()
        if id_ in config.modules
    ]
    mistakes = [*found.converted.mistakes, *found.converted.refused, *found.mistakes, *twice]
    if mistakes:
        raise ConfigError(mistakes)
    modules = MappingProxyType({**config.modules, **found.options})
    return replace(config, modules=modules, secrets=config.secrets | found.secrets), found.converted.noted


def _text(path: Path) -> str:
    expected = "a blackbox.yml in UTF-8"
    try:
        return read_bytes(path, expected).decode()
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: expected {expected}, found something else"]) from error


def _resolved(module: Module, secrets: set[str]) -> dict[str, Any]:
    """The keys with what stands in files. Raises OSError, UnicodeDecodeError."""
    keys = dict(module.keys)
    for key, value in keys.items():
        if isinstance(value, FromFile):
            keys[key] = value.path.read_text("utf-8").rstrip("\r\n")
            secrets |= {keys[key]} if len(keys[key]) >= SHORTEST_SECRET else set()
    return keys


def _secrets(options: CheckOptions) -> set[str]:
    found = {one.get_secret_value() for key in secret_keys(type(options)) if (one := getattr(options, key)) is not None}
    for name, value in getattr(options, "headers", {}).items():
        if name.lower() == "authorization":
            found |= {value, value.partition(" ")[2]}
    return {one for one in found if len(one) >= SHORTEST_SECRET}


def _told(error: Any) -> str:
    """What a model says of a key; never its value, which may be a secret."""
    where = ".".join(map(str, error["loc"]))
    if error["type"] == "mistake":
        context = error["ctx"]
        return f"{where}: expected {context['expected']}, found {context.get('found') or 'something else'}"
    if error["type"] == "missing":
        return f"{where}: expected a value, found none"
    return f"{where}: {error['msg'][0].lower()}{error['msg'][1:]}"
