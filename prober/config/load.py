"""From the file to the frozen Config, or to every mistake it has."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path as File
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from prober.config import rules
from prober.config.config import HIDDEN, Config
from prober.config.document import Document, read
from prober.config.entries import Entries, Entry, complete, sorted_entries
from prober.config.models import SINGLE, TABLES, Daemon, Module
from prober.config.parts import with_parts
from prober.config.references import SHORTEST_SECRET, Masks, References
from prober.config.report import Report
from prober.config.values import Address
from prober.config.words import hidden_keys, secret_keys, tell
from prober.errors import ConfigError
from prober.options import ChannelOptions, CheckOptions, Options

_WILDCARDS = ("0.0.0.0", "::")
_NO_MODULES: Mapping[str, Mapping[str, object]] = MappingProxyType({})


@dataclass(frozen=True)
class Kinds:
    """The kinds of checks and channels there are, and the model of each one's keys."""

    check_options: Callable[[str], type[CheckOptions]]
    check_kinds: Collection[str]
    channel_options: Callable[[str], type[ChannelOptions]]
    channel_kinds: Collection[str]
    module_keys: Mapping[str, Mapping[str, object]]

    def model(self, section: str, kind: object) -> type[Options]:
        """The model of a table; what all kinds have in common where the kind is not known."""
        if isinstance(kind, str):
            if section == "checks" and kind in self.check_kinds:
                return self.check_options(kind)
            if section == "modules" and kind in self.module_keys:
                return self.check_options(kind)
            if section == "channels" and kind in self.channel_kinds:
                return self.channel_options(kind)
        return TABLES[section]

    def known(self, section: str) -> Collection[str] | None:
        """The kinds that a section has; None if it has none."""
        return {"checks": self.check_kinds, "channels": self.channel_kinds, "modules": self.module_keys}.get(section)

    def all_models(self) -> Iterable[type[Options]]:
        """The models of all tables and kinds."""
        yield from TABLES.values()
        yield from map(self.check_options, self.check_kinds)
        yield from map(self.channel_options, self.channel_kinds)


def load(
    path: File,
    *,
    check_options: Callable[[str], type[CheckOptions]],
    check_kinds: Collection[str],
    channel_options: Callable[[str], type[ChannelOptions]],
    channel_kinds: Collection[str],
    module_keys: Mapping[str, Mapping[str, object]] = _NO_MODULES,
    env: Mapping[str, str] = os.environ,
    text: str | None = None,
    folder: File | None = None,
) -> Config:
    """The configuration in the file. Raises ConfigError with every mistake, in the order of the lines.

    *_options: the model of a kind's keys, called only with one of the kinds. module_keys: the kinds that modules may
    have, and for each what stands for the keys that a target will give. text: what the file says, if it has been
    read already, line by line. folder: where relative paths begin, if that is not where the file is.
    """
    kinds = Kinds(check_options, check_kinds, channel_options, channel_kinds, module_keys)
    try:
        document = read(path, folder) if text is None else Document(str(path), folder or path.parent, text)
        return _loaded(with_parts(document), kinds, env)
    except RecursionError:
        raise ConfigError([f"{path}: expected lists and tables in a few levels, found hundreds"]) from None


def _loaded(document: Document, kinds: Kinds, env: Mapping[str, str]) -> Config:
    report = Report(document)
    references = References(document.folder, env, report)
    entries: dict[str, list[Entry]] = {}
    objects: dict[str, dict[str, Any]] = {}
    if document.is_whole:
        entries = sorted_entries(references.resolved(document.data), report)
        complete(entries, report)
        rules.apply(entries, lambda check: _check_model(kinds, check), report)
        objects = _validated(entries, kinds, document.folder, env, report)
    if report:
        masks = Masks({**_literal_secrets(entries, kinds), **references.texts})
        hidden = {key for model in kinds.all_models() for key in hidden_keys(model)}
        raise ConfigError(report.lines(masks.over, hidden))
    return _config(document.name, objects, references.texts)


def _check_model(kinds: Kinds, check: Entry) -> type[CheckOptions]:
    model = kinds.model("checks", check.table.get("kind"))
    return model if issubclass(model, CheckOptions) else CheckOptions


def _literal_secrets(entries: Entries, kinds: Kinds) -> dict[str, str]:
    """Secrets that stand in the file itself, for what a kind may say of a value."""
    return {
        value: HIDDEN
        for section, declared in entries.items()
        for entry in declared
        for key in secret_keys(kinds.model(section, entry.table.get("kind")))
        if isinstance(value := entry.table.get(key), str) and len(value) >= SHORTEST_SECRET
    }


def _validated(
    entries: dict[str, list[Entry]], kinds: Kinds, folder: File, env: Mapping[str, str], report: Report
) -> dict[str, dict[str, Any]]:
    """All tables as objects, by section and id; what can't be one is reported."""
    context = {"folder": folder}
    daemon = _daemon(entries["prober"], context, env, report)
    _derive_urls(entries["sites"], daemon.public)
    _derive_names(entries, kinds, daemon)
    objects: dict[str, dict[str, Any]] = {"prober": {"prober": daemon}}
    for section, declared in entries.items():
        if section == "prober":
            continue
        if section in SINGLE:
            objects[section] = {section: _single(section, declared, context, report)}
        else:
            found = {entry.id: _object(section, entry, kinds, context, report) for entry in declared}
            objects[section] = found
    return objects


def _daemon(declared: list[Entry], context: dict[str, Any], env: Mapping[str, str], report: Report) -> Daemon:
    daemon = None
    for entry in declared or [Entry("prober", ("prober",), {})]:
        folder = env.get("STATE_DIRECTORY", "").split(":")[0]  # systemd may give several
        if folder:
            entry.table.setdefault("state_dir", folder)
        daemon = _model(Daemon, entry, context, report)
    return daemon if isinstance(daemon, Daemon) else Daemon()


def _single(section: str, declared: list[Entry], context: dict[str, Any], report: Report) -> Options:
    found = [_model(TABLES[section], entry, context, report) for entry in declared]
    return next((options for options in found if options is not None), TABLES[section]())


def _derive_urls(sites: list[Entry], public: Address) -> None:
    """Without a URL of its own a site is where the public listener shows it."""
    host = "localhost" if public.host in _WILDCARDS else public.host
    for site in sites:
        path = f"/s/{site.id}" if len(sites) > 1 else ""
        site.table.setdefault("url", f"http://{Address(host, public.port)}{path}")


def _derive_names(entries: Entries, kinds: Kinds, daemon: Daemon) -> None:
    """How names are looked up, for all that look them up and say nothing of it themselves."""
    for section in ("checks", "modules"):
        for entry in entries[section]:
            known = kinds.model(section, entry.table.get("kind")).model_fields
            for key in ("resolver", "dns_cache"):
                if key in known:
                    entry.table.setdefault(key, getattr(daemon, key))


def _object(section: str, entry: Entry, kinds: Kinds, context: dict[str, Any], report: Report) -> Options | None:
    kind, known = entry.table.get("kind"), kinds.known(section)
    model = kinds.model(section, kind)
    if section == "modules" and isinstance(kind, str) and kind in kinds.module_keys:
        return _module(model, kinds.module_keys[kind], entry, context, report)
    if known is None or (isinstance(kind, str) and kind in known):
        return _model(model, entry, context, report)
    # Of an unknown kind only the common keys can be judged.
    if "kind" in entry.table:
        report.unknown((*entry.path, "kind"), "the kinds", kind, known)
    common = {key: value for key, value in entry.table.items() if key in model.model_fields}
    return _model(model, entry._replace(table=common), context, report)


def _module(
    model: type[Options], given: Mapping[str, object], entry: Entry, context: dict[str, Any], report: Report
) -> Options | None:
    """The options of a kind without what a target gives, and without what only a check needs."""
    needless = (CheckOptions.model_fields.keys() - Module.model_fields.keys()) | given.keys()
    for key in entry.table.keys() & needless:
        report.add((*entry.path, key), "no such key: a target gives it, or no module needs it", f"{key} = ...")
    own = {key: value for key, value in entry.table.items() if key not in needless}
    return _model(model, entry._replace(table={"component": entry.id, **given, **own}), context, report)


def _model(model: type[Options], entry: Entry, context: dict[str, Any], report: Report) -> Options | None:
    try:
        return model.model_validate(entry.table, context=context)
    except ValidationError as error:
        tell(report, error, entry.path, entry.table, model)
        return None


def _config(path: str, objects: Mapping[str, Mapping[str, Any]], references: Mapping[str, str]) -> Config:
    literal = {
        secret.get_secret_value()
        for found in objects.values()
        for options in found.values()
        for key in secret_keys(options.__class__)
        if (secret := getattr(options, key)) is not None
    }
    tables: dict[str, Any] = {
        section: MappingProxyType(dict(found)) for section, found in objects.items() if section not in SINGLE
    }
    return Config(
        path=path,
        daemon=objects["prober"]["prober"],
        history=objects["history"]["history"],
        backup=objects["backup"]["backup"],
        secrets=frozenset(references) | {secret for secret in literal if len(secret) >= SHORTEST_SECRET},
        references=MappingProxyType(dict(references)),
        **tables,
    )
