"""What must hold between tables: ids exist, names are not taken twice, times fit together.

The rules read the tables and not the models, so that one wrong key does not keep the others from being checked.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from prober.config.entries import Entries, Entry, duration_ms
from prober.config.models import Daemon
from prober.config.paths import Path, dotted, quoted
from prober.config.report import Report
from prober.config.values import EXPECTED_MOMENT
from prober.options import CheckOptions, detection_ms, show_duration

# section -> key -> the section that declares what the key names
NAMED = {
    "sites": {"account": "accounts"},
    "groups": {"site": "sites"},
    "components": {"site": "sites", "group": "groups", "depends_on": "components"},
    "prober": {"canaries": "checks", "drill_channels": "channels"},
    "checks": {"component": "components", "canaries": "checks"},
    "subscriptions": {"channel": "channels", "sites": "sites", "groups": "groups", "components": "components"},
    "alerts": {"component": "components"},
    "maintenance": {"site": "sites", "components": "components", "groups": "groups"},
}


def apply(entries: Entries, models: Callable[[Entry], type[CheckOptions]], report: Report) -> None:
    """Report everything that does not hold. models: the model of a check's kind."""
    _names_exist(entries, report)
    _stays_on_its_site(entries, report)
    _no_circles(entries, report)
    _owned(_component_names(entries), "a name of its own", report)
    _owned(_values(entries["sites"], "url"), "a URL of its own", report)
    _owned(_values(entries["prober"], "public", "up", "metrics"), "an address of its own", report)
    _owned(_numbers(entries["channels"]), "a number of its own", report)
    _keys_differ(entries, report)
    for check in entries["checks"]:
        _times_fit(check, models(check), report)
        _counts_fit(check, models(check), report)
    _commands_are_allowed(entries, report)
    _nothing_goes_around(entries, report)
    _detected_in_time(entries, models, report)
    for window in entries["maintenance"]:
        _window_fits(window, report)


def _commands_are_allowed(entries: Entries, report: Report) -> None:
    """Who may write a check may not, by that alone, run programs on this host."""
    if any(entry.table.get("allow_commands") is True for entry in entries["prober"]):
        return
    for check in entries["checks"]:
        if check.table.get("kind") == "command":
            report.add((*check.path, "kind"), "allow_commands = true in [prober] for this kind", '"command"')


def _names_exist(entries: Entries, report: Report) -> None:
    known = {section: dict.fromkeys(entry.id for entry in declared) for section, declared in entries.items()}
    for section, keys in NAMED.items():
        for entry in entries[section]:
            for key, target in keys.items():
                for path, id_ in _ids(entry, key):
                    if id_ not in known[target]:
                        what = f"the {target}" if known[target] else f"the {target} (there are none)"
                        report.unknown(path, what, id_, known[target])


def _ids(entry: Entry, key: str) -> Iterator[tuple[Path, str]]:
    """The ids that a key names, and where; what is no text is not judged here."""
    value = entry.table.get(key)
    path = (*entry.path, key)
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        yield from (((*path, index), item) for index, item in enumerate(value) if isinstance(item, str))


def _stays_on_its_site(entries: Entries, report: Report) -> None:
    sites = {s: {e.id: e.table.get("site") for e in entries[s]} for s in ("groups", "components")}
    for section, key, target in (
        ("components", "group", "groups"),
        ("maintenance", "components", "components"),
        ("maintenance", "groups", "groups"),
    ):
        for entry in entries[section]:
            site = entry.table.get("site")
            for path, id_ in _ids(entry, key):
                other = sites[target].get(id_, site)
                if isinstance(site, str) and isinstance(other, str) and other != site:
                    found = report.text(path, quoted(id_))
                    report.add(path, f"one of the {target} of the same site", f"{found}, which stands on another")


def _no_circles(entries: Entries, report: Report) -> None:
    """A component that depends on itself, at any remove, would withhold itself. Each circle is told once."""
    depends = {entry.id: [id_ for _, id_ in _ids(entry, "depends_on")] for entry in entries["components"]}
    told: set[str] = set()
    for entry in entries["components"]:
        for path, id_ in _ids(entry, "depends_on"):
            circle = _way(depends, id_, entry.id)
            if circle and not told.intersection(circle):
                told.update(circle)
                found = " -> ".join([entry.id, *circle])
                report.add(
                    path, "a component that does not depend on this one", f"{report.text(path, quoted(id_))}: {found}"
                )


def _way(depends: Mapping[str, list[str]], start: str, end: str) -> list[str]:
    """The components from start to end by way of what each depends on; empty if there is none."""
    ways = [[start]]
    seen = {start}
    for way in ways:
        if way[-1] == end:
            return way
        following = [id_ for id_ in depends.get(way[-1], ()) if id_ not in seen]
        seen.update(following)
        ways += [[*way, id_] for id_ in following]
    return []


Claim = tuple[Path, Any, str]
"""Where something is claimed, what (a hashable), and how it is written."""


def _component_names(entries: Entries) -> Iterator[Claim]:
    """Readers tell components apart by site, group and name."""
    for entry in entries["components"]:
        name, site, group = (entry.table.get(key) for key in ("name", "site", "group"))
        if isinstance(name, str) and isinstance(site, str) and isinstance(group, str | None):
            yield (*entry.path, "name"), (site, group, name), name


def _values(declared: Iterable[Entry], *keys: str) -> Iterator[Claim]:
    for entry in declared:
        for key in keys:
            value = entry.table.get(key, _defaults.get(key))
            if isinstance(value, str) and value != "off":
                yield (*entry.path, key), value.rstrip("/").lower(), value


def _numbers(channels: Iterable[Entry]) -> Iterator[Claim]:
    for entry in channels:
        number = entry.table.get("number")
        if isinstance(number, int) and not isinstance(number, bool):
            yield (*entry.path, "number"), number, str(number)


_defaults: Mapping[str, str] = {key: str(Daemon.model_fields[key].default) for key in ("public", "up")}


def _owned(claims: Iterable[Claim], expected: str, report: Report) -> None:
    first: dict[Any, Path] = {}
    for path, claimed, text in claims:
        owner = first.setdefault(claimed, path)
        if owner != path:
            if not report.is_written(path):  # it stands at its default: the other one is in its way
                path, owner = owner, path
            by = dotted(owner if owner[0] == path[0] == "prober" else owner[:-1])
            report.add(path, expected, f"{report.text(path, quoted(text))}, already used by {by}")


def _keys_differ(entries: Entries, report: Report) -> None:
    """A key says who is asking: it can't say two names."""
    first: dict[str, Path] = {}
    for entry in [*entries["prober"], *entries["accounts"]]:
        key = "admin_key" if entry.path[0] == "prober" else "key"
        value = entry.table.get(key)
        if isinstance(value, str):
            owner = first.setdefault(value, entry.path)
            if owner != entry.path:
                report.add((*entry.path, key), "a key of its own", f"the key of {dotted(owner)}")


def _times_fit(check: Entry, model: type[CheckOptions], report: Report) -> None:
    def ms(key: str) -> int | None:
        return duration_ms(check.table, key) if key in check.table else model.model_fields[key].default

    def told(key: str, ms: int) -> str:
        return report.text((*check.path, key), show_duration(ms))

    interval, timeout = ms("interval"), ms("timeout")
    if interval is not None and timeout is not None and timeout > interval:
        key = "timeout" if report.is_written((*check.path, "timeout")) else "interval"
        expected = f"a timeout of at most the interval {told('interval', interval)}"
        report.add((*check.path, key), expected, told("timeout", timeout))
    for key in ("degraded_over", "degraded_quantile_over"):
        slow = ms(key)
        if slow is not None and timeout is not None and slow >= timeout:
            report.add((*check.path, key), f"a duration below the timeout {told('timeout', timeout)}", told(key, slow))
    key, window = "degraded_quantile_window", ms("degraded_quantile_window")
    if "degraded_quantile_over" in check.table and interval and window and window < 10 * interval:
        expected = f"at least ten times the interval {told('interval', interval)}"
        report.add((*check.path, key), expected, told(key, window))


def _nothing_goes_around(entries: Entries, report: Report) -> None:
    """A proxy and a program would reach what the account's own checks may not: only the operator's have them."""
    strangers = {entry.id for entry in entries["accounts"] if entry.table.get("public_only") is True}
    account = {entry.id: entry.table.get("account") for entry in entries["sites"]}
    site = {entry.id: entry.table.get("site") for entry in entries["components"]}
    for check in entries["checks"] if strangers else ():
        owner = account.get(str(site.get(str(check.table.get("component")))))
        if owner not in strangers:
            continue
        if check.table.get("kind") == "command":
            report.add((*check.path, "kind"), f"another kind, as account {owner} is public_only", '"command"')
        if "proxy" in check.table:
            report.add((*check.path, "proxy"), f"no proxy, as account {owner} is public_only", "one")
    for entry in entries["accounts"]:
        if "allow" in entry.table and entry.id not in strangers:
            report.add((*entry.path, "allow"), "public_only = true beside it", "none")


def _detected_in_time(entries: Entries, models: Callable[[Entry], type[CheckOptions]], report: Report) -> None:
    """What a component promises holds for each of its checks at the latest possible moment."""
    promised = {
        entry.id: (entry, ms) for entry in entries["components"] if (ms := duration_ms(entry.table, "detect_within"))
    }
    worst: dict[str, tuple[int, str]] = {}
    for check in entries["checks"] if promised else ():
        component, ms = check.table.get("component"), _detection_ms(check, models(check))
        if isinstance(component, str) and component in promised and ms is not None:
            worst[component] = max(worst.get(component, (0, "")), (ms, check.id))
    for id_, (entry, ms) in promised.items():
        longest, culprit = worst.get(id_, (0, ""))
        if longest > ms:
            path = (*entry.path, "detect_within")
            expected = f"at least {show_duration(longest)}, which checks.{culprit} may take to find an outage"
            report.add(path, expected, report.text(path, show_duration(ms)))


def _detection_ms(check: Entry, model: type[CheckOptions]) -> int | None:
    """None if something that it depends on can't be read."""

    def time_of(key: str) -> int | None:
        return duration_ms(check.table, key) if key in check.table else model.model_fields[key].default

    interval, timeout = time_of("interval"), time_of("timeout")
    failures = check.table.get("failures", model.model_fields["failures"].default)
    if not interval or not timeout or not isinstance(failures, int):
        return None
    return detection_ms(interval, timeout, failures, time_of("failures_for") or 0, time_of("retry_interval"))


def _counts_fit(check: Entry, model: type[CheckOptions], report: Report) -> None:
    """So many of the last n: n is at least as many, and the keys that refine degraded need the one they refine."""
    for key in ("failures", "degraded_failures", "successes"):
        count = check.table.get(key, model.model_fields[key].default)
        among = check.table.get(f"{key}_of")
        if isinstance(count, int) and isinstance(among, int) and among < count:
            report.add((*check.path, f"{key}_of"), f"at least {key}, which is {count}", str(among))
    for key in ("degraded_failures_of", "degraded_failures_for"):
        if key in check.table and "degraded_failures" not in check.table:
            report.add((*check.path, key), "degraded_failures beside it", "none")
    for key in ("degraded_quantile", "degraded_quantile_window"):
        if key in check.table and "degraded_quantile_over" not in check.table:
            report.add((*check.path, key), "degraded_quantile_over beside it", "none")
    high, low = check.table.get("flap_high"), check.table.get("flap_low")
    if isinstance(low, int) and (high is None or (isinstance(high, int) and low >= high)):
        report.add(
            (*check.path, "flap_low"), "less than flap_high" if high is not None else "flap_high beside it", f"{low}"
        )


def _window_fits(window: Entry, report: Report) -> None:
    """Once: from a moment to a moment. With a rule: from a local time on, each time for a duration."""
    table, path = window.table, window.path
    if ("extend_up_to" in table) is not (table.get("auto_end") == "when_green"):
        key, other = ("auto_end", "extend_up_to") if "extend_up_to" not in table else ("extend_up_to", "auto_end")
        expected = 'auto_end = "when_green"' if other == "auto_end" else 'extend_up_to such as "2h"'
        report.add((*path, key), f"{expected} beside it", "none")
    start, end = table.get("start"), table.get("end")
    if "rrule" in table:
        if isinstance(start, datetime) and start.tzinfo is not None:
            report.add((*path, "start"), "a date and time without a zone, which the key zone tells beside rrule")
        if "duration" not in table:
            report.add((*path, "duration"), 'a duration such as "2h" beside rrule', "none")
        if "end" in table:
            report.add((*path, "end"), "duration instead of end beside rrule")
        return
    for key in ("zone", "duration"):
        if key in table:
            report.add((*path, key), "rrule beside it", "none")
    if "end" not in table:
        report.add((*path, "end"), "a value", "none")
    if isinstance(start, datetime) and start.tzinfo is None:
        report.add((*path, "start"), EXPECTED_MOMENT)
    elif isinstance(start, datetime) and isinstance(end, datetime) and end.tzinfo is not None and end <= start:
        report.add((*path, "end"), f"an end after the start {start.isoformat()}")
