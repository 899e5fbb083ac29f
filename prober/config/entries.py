"""The tables of a file, sorted by what they declare, and completed with what goes without saying.

A table whose name is misspelt is told once, and then taken for what it was meant to be: so are the ids it declares.
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from prober.config.models import SINGLE, TABLES
from prober.config.paths import Path, dotted, plain, quoted
from prober.config.report import LONGEST_LIST, Report, did_you_mean
from prober.options import EXPECTED_ID, CheckOptions, is_id, parse_duration_ms

DEFAULT_ACCOUNT = "default"
DEFAULT_SITE = "main"
_DEFAULT_SITE_NAME = "Status"


class Entry(NamedTuple):
    """One table: what it declares under which id, where it stands, and its keys, references resolved."""

    id: str
    path: Path
    table: dict[str, Any]


Entries = Mapping[str, list[Entry]]


def sorted_entries(data: Mapping[str, Any], report: Report) -> dict[str, list[Entry]]:
    """All tables by section; what is none is reported."""
    entries: dict[str, list[Entry]] = {section: [] for section in TABLES}
    for key, value in data.items():
        section = _section(key, report)
        if section is None:
            continue
        if not isinstance(value, dict):
            report.add((key,), f"a table such as [{section if section in SINGLE else section + '.<id>'}]")
        elif section in SINGLE:
            entries[section].append(Entry(section, (key,), value))
        else:
            entries[section] += _declared(key, section, value, report)
    return entries


def _section(key: str, report: Report) -> str | None:
    name = plain(key)
    if name in TABLES:
        return name
    if not name:
        return None  # the header was not TOML, and is reported as such
    report.unknown((key,), "the tables", name, list(TABLES))
    return report.near(name, list(TABLES))


def _declared(key: str, section: str, tables: Mapping[str, Any], report: Report) -> list[Entry]:
    found = []
    for id_, table in tables.items():
        path = (key, id_)
        if not isinstance(table, dict):
            report.add(path, f"a table such as [{section}.<id>]")
            continue
        if not is_id(plain(id_)):
            report.add(path, EXPECTED_ID, quoted(plain(id_)))
        found.append(Entry(plain(id_), path, table))
    return found


def complete(entries: dict[str, list[Entry]], report: Report) -> None:
    """Puts in what a file need not say: names, the only account, site and component that can be meant, the timeout."""
    _default(entries, "accounts", DEFAULT_ACCOUNT, DEFAULT_ACCOUNT.title())
    _default(entries, "sites", DEFAULT_SITE, _DEFAULT_SITE_NAME)
    for section, declared in entries.items():
        for entry in declared if section not in SINGLE else ():
            entry.table.setdefault("name", entry.id)
    _only(entries, report, "account", "accounts", ("sites",))
    _only(entries, report, "site", "sites", ("groups", "components", "maintenance"))
    components = {entry.id: None for entry in entries["components"]}
    for check in entries["checks"]:
        _choose_component(check, components, report)
        _shorten_timeout(check.table)


def _default(entries: dict[str, list[Entry]], section: str, id_: str, name: str) -> None:
    if not entries[section]:
        entries[section].append(Entry(id_, (section, id_), {"name": name}))


def _only(entries: Entries, report: Report, key: str, section: str, needed_by: tuple[str, ...]) -> None:
    """The only one is meant where none is named; if there are several, one must be named."""
    ids = {entry.id: None for entry in entries[section]}
    listed = f" {', '.join(ids)}" if len(ids) <= LONGEST_LIST else ""
    for needing in needed_by:
        for entry in entries[needing]:
            if key in entry.table or report.is_spoiled(entry.path):
                continue
            if len(ids) == 1:
                entry.table[key] = next(iter(ids))
            else:
                report.add((*entry.path, key), f"one of the {section}{listed}, as there are several", "none")


def _choose_component(check: Entry, components: Collection[str], report: Report) -> None:
    if "component" in check.table:
        return
    if check.id in components:
        check.table["component"] = check.id
    elif not report.is_spoiled(check.path):
        near = report.near(check.id, components)
        expected = f"the component that it feeds, as there is no [{dotted(('components', check.id))}]"
        report.add((*check.path, "component"), expected, "none", hint=did_you_mean(near))


def duration_ms(table: Mapping[str, Any], key: str) -> int | None:
    """A duration of the table; None if it has none there, or none that can be read."""
    value = table.get(key)
    try:
        return parse_duration_ms(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _shorten_timeout(table: dict[str, Any]) -> None:
    """A check that is due often needs not say that each probe must be over before the next."""
    interval_ms = duration_ms(table, "interval")
    default_ms = CheckOptions.model_fields["timeout"].default
    if "timeout" not in table and interval_ms is not None and interval_ms < default_ms:
        table["timeout"] = table["interval"]
