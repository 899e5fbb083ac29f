"""What differs between two configurations: by table, id and key, in words that give no secret away."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo

from prober.config.config import HIDDEN, Config
from prober.config.models import RESTART_KEYS, SINGLE, TABLES
from prober.config.words import hidden_keys, is_duration, quiet
from prober.options import ChannelOptions, CheckOptions, Options, show_duration

NONE = "none"


class Key(NamedTuple):
    """A key with two values, as people read them. needs_restart: a reload can't apply it."""

    name: str
    before: str
    after: str
    needs_restart: bool = False


class Table(NamedTuple):
    """A kind of table, such as "checks", in which something differs.

    added, removed: ids. changed: by id, the keys that differ. is_reordered: what stays stands in another order.
    """

    name: str
    added: tuple[str, ...] = ()
    changed: Mapping[str, tuple[Key, ...]] = {}
    removed: tuple[str, ...] = ()
    is_reordered: bool = False

    @property
    def fresh(self) -> frozenset[str]:
        """What is new or another than before."""
        return frozenset((*self.added, *self.changed))

    def __str__(self) -> str:
        """In one line, such as "checks: added blog, changed shop (url, interval)"."""
        changed = [f"{id_} ({', '.join(key.name for key in keys)})" for id_, keys in self.changed.items()]
        parts = [
            f"{word} {', '.join(ids)}"
            for word, ids in (("added", self.added), ("changed", changed), ("removed", self.removed))
            if ids
        ]
        return f"{self.name}: {', '.join(parts) or 'in another order'}"


Difference = Mapping[str, Table]
"""By the name of the table, those in which something differs."""


def difference(before: Config, after: Config) -> Difference:
    """All that differs between what two files say; empty if that is nothing."""
    found = {name: _table(name, before, after) for name in TABLES}
    return {name: table for name, table in found.items() if table != Table(name)}


def restart_keys(found: Difference) -> list[str]:
    """Those that differ and that a reload can't apply, as "prober.public"."""
    return [
        f"{name}.{key.name}"
        for name in RESTART_KEYS
        if name in found
        for keys in found[name].changed.values()
        for key in keys
        if key.needs_restart
    ]


def applicable(after: Config, running: Config) -> Config:
    """As much of it as a reload can apply: the rest stays as it runs."""
    kept = {key: getattr(running.daemon, key) for key in RESTART_KEYS["prober"]}
    daemon = after.daemon.model_copy(update=kept)
    return replace(after, daemon=daemon, history=running.history, backup=running.backup)


def _table(name: str, before: Config, after: Config) -> Table:
    old, new = _entries(before, name), _entries(after, name)
    kept = [id_ for id_ in old if id_ in new]
    keys = {id_: tuple(_keys(old[id_], new[id_], before, after)) for id_ in kept if old[id_] != new[id_]}
    return Table(
        name,
        added=tuple(id_ for id_ in new if id_ not in old),
        changed=keys,
        removed=tuple(id_ for id_ in old if id_ not in new),
        is_reordered=kept != [id_ for id_ in new if id_ in old],
    )


def _entries(config: Config, name: str) -> Mapping[str, Options]:
    if name in SINGLE:
        return {name: config.daemon if name == "prober" else getattr(config, name)}
    found: Mapping[str, Options] = getattr(config, name)
    return found


def _keys(old: Options, new: Options, before: Config, after: Config) -> Iterator[Key]:
    for key in dict.fromkeys((*type(old).model_fields, *type(new).model_fields)):
        values = getattr(old, key, None), getattr(new, key, None)
        if values[0] != values[1]:
            needs_restart = any(key in keys and old.__class__ is TABLES[name] for name, keys in RESTART_KEYS.items())
            yield Key(key, _shown(old, key, before), _shown(new, key, after), needs_restart)


def _shown(options: Options, key: str, config: Config) -> str:
    field, value = type(options).model_fields.get(key), getattr(options, key, None)
    if field is None or value is None:
        return NONE
    if key == "url" and isinstance(options, CheckOptions | ChannelOptions):
        return quiet(config.as_written(options.target()))
    if key in hidden_keys(type(options)):
        return HIDDEN
    return config.as_written(_words(field, value))


def _words(field: FieldInfo, value: Any) -> str:
    if is_duration(field):
        return show_duration(value)
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
