"""A file is taken as it stands, or refused with every mistake it has."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prober.config import TABLES
from prober.errors import ConfigError
from tests.config.kinds import loaded, mistakes, written

BROKEN = Path(__file__).parent / "broken"

# One broken file for each mistake, and what is said of it.
MISTAKES = {
    "account_key_short": [
        "2: accounts.a.key: expected a key of at least 16 characters, found a text that is not shown here"
    ],
    "account_key_twice": ["5: accounts.b.key: expected a key of its own, found the key of accounts.a"],
    "account_needed": ["4: sites.main.account: expected one of the accounts a, b, as there are several, found none"],
    "account_public_only": [
        "7: accounts.b.allow: expected public_only = true beside it, found none",
        '7: accounts.b.allow[0]: expected an address or a network such as "10.0.0.0/8", found "10.0.0.0/99"',
        '19: checks.run.kind: expected another kind, as account a is public_only, found "command"',
        '23: checks.shop.kind: expected one of the kinds ping, found "http"',
        "25: checks.shop.proxy: expected no proxy, as account a is public_only, found one",
    ],
    "address": [
        '2: prober.public: expected an address such as "127.0.0.1:8080" or "[::1]:8080", found "8080"',
        '3: prober.up: expected an address such as "127.0.0.1:8080" or "[::1]:8080", found "[::1]:99999"',
    ],
    "address_twice": [
        '2: prober.public: expected an address of its own, found "127.0.0.1:5010", already used by prober.up'
    ],
    "commands_not_allowed": [
        '7: checks.queue.kind: expected allow_commands = true in [prober] for this kind, found "command"'
    ],
    "bool": ["2: prober.max_probes: expected a whole number, found true"],
    "channel_unknown": [
        '6: subscriptions.all.channel: expected one of the channels, found "oncal", did you mean "oncall"?'
    ],
    "check_without_component": [
        "3: checks.shopp.component: expected the component that it feeds, as there is no "
        '[components.shopp], found none, did you mean "shop"?'
    ],
    "choice": [
        "2: components.shop.open_incident_at: expected one of degraded, partial, major, "
        'never, found "majr", did you mean "major"?'
    ],
    "channel_number_twice": [
        '8: channels.b.number: expected a number of its own, found "7", already used by channels.a'
    ],
    "component_unknown": [
        '4: checks.front.component: expected one of the components, found "shpo", did you mean "shop"?'
    ],
    "failures_of": [
        "7: checks.shop.failures_of: expected at least failures, which is 3, found 2",
        "8: checks.shop.degraded_failures_for: expected degraded_failures beside it, found none",
    ],
    "degraded_quantile": [
        "7: checks.shop.degraded_quantile_over: expected a duration below the timeout 2s, found 2s",
        "8: checks.shop.degraded_quantile_window: expected at least ten times the interval 1m, found 5m",
        "13: checks.blog.degraded_quantile: expected degraded_quantile_over beside it, found none",
    ],
    "degraded_over": ["7: checks.shop.degraded_over: expected a duration below the timeout 2s, found 2s"],
    "depends_on_circle": [
        "2: components.shop.depends_on[0]: expected a component that does not depend on this one, "
        'found "gateway": shop -> gateway -> router -> shop',
        '6: components.router.depends_on[1]: expected one of the components, found "printer", did you mean "router"?',
    ],
    "dotted_key": ["6: checks.shop.port: expected a number from 1 to 65535, found 0"],
    "duration": [
        '6: checks.shop.interval: expected a duration such as "30s", found "0s"',
        '7: checks.shop.timeout: expected a duration such as "30s", found 5',
    ],
    "flap_low": [
        "7: checks.shop.flap_low: expected less than flap_high, found 30",
        "12: checks.db.flap_low: expected flap_high beside it, found 10",
    ],
    "group_elsewhere": [
        '9: components.shop.group: expected one of the groups of the same site, found "apps", which stands on another'
    ],
    "id": [
        "1: components.\"my shop\": expected an id of 1 to 64 letters, digits, '.', '_', "
        "':' or '-', with a letter or digit at both ends, found \"my shop\""
    ],
    "inline_table": ["6: checks.shop.headers.X-B: expected a text, found a number"],
    "key_twice": [
        '6: checks.shop.interval: expected a duration such as "30s", found "0s"',
        '7: checks.shop.host: expected each key once in a table, found "host" again, first on line 5',
    ],
    "key_unknown": ['6: checks.shop.intervall: expected one of the keys, found "intervall", did you mean "interval"?'],
    "kind_unknown": [
        '4: checks.shop.kind: expected one of the kinds, found "pign", did you mean "ping"?',
        "6: checks.shop.failures: expected a number from 1 to 100, found 0",
    ],
    "list_item": ['9: checks.shop.ports[1]: expected a whole number, found "443"'],
    "metrics_cert": [
        '2: prober.metrics: expected an address of its own, found "127.0.0.1:5010", already used by prober.up',
        "3: prober.metrics_key: expected a key of at least 16 characters, found a text that is not shown here",
        "5: prober.metrics_cert_key: expected readable PEM files with a certificate and its key without a password, "
        "found something else",
    ],
    "metrics_cert_alone": [
        "2: prober.metrics_cert_key: expected metrics beside it, which is served by TLS, found none"
    ],
    "maintenance_backwards": [
        "5: maintenance.upgrade.end: expected an end after the start "
        "2030-01-01T12:00:00+00:00, found 2030-01-01T12:30:00+01:00"
    ],
    "maintenance_components": ["6: maintenance.upgrade.components: expected at least 1 entry, found []"],
    "maintenance_rrule": [
        '3: maintenance.weekly.duration: expected a duration such as "2h" beside rrule, found none',
        "4: maintenance.weekly.start: expected a date and time without a zone, which the key zone tells "
        "beside rrule, found 2030-01-01T12:00:00+00:00",
        "5: maintenance.weekly.end: expected duration instead of end beside rrule, found 2030-01-01T13:00:00+00:00",
        '10: maintenance.hourly.rrule: expected a recurrence rule such as "FREQ=WEEKLY;BYDAY=SU", '
        'found "FREQ=HOURLY": its FREQ is none of DAILY, WEEKLY, MONTHLY, YEARLY',
        '12: maintenance.hourly.zone: expected a time zone such as "Europe/Berlin", found "Europe/Bertin"',
        "14: maintenance.once.end: expected a value, found none",
        "16: maintenance.once.duration: expected rrule beside it, found none",
    ],
    "maintenance_without_zone": [
        "2: maintenance.upgrade.start: expected a date and time with its zone such as "
        "2026-03-01T22:00:00+01:00, found 2030-01-01T12:00:00",
        "3: maintenance.upgrade.end: expected a date and time with its zone such as "
        "2026-03-01T22:00:00+01:00, found 2030-01-02",
    ],
    "major_when": [
        '2: components.shop.major_when: expected "all", "any", or a share in per cent from 1 to 100, found "most"',
        '4: components.db.major_when: expected "all", "any", or a share in per cent from 1 to 100, found 0',
    ],
    "missing": ["3: checks.shop.kind: expected a value, found none"],
    "name_twice": [
        '5: components.shop2.name: expected a name of its own, found "Shop", already used by components.shop'
    ],
    "number": [
        "2: prober.max_probes: expected a number from 1 to 10000, found 0",
        "3: prober.log_level: expected one of debug, info, warning, error, found 7",
    ],
    "path_of_state": ['2: prober.state_dir: expected a path such as "prober-state", found ""'],
    "resolvers": [
        '2: prober.resolver: expected one of own, system, found "owns", did you mean "own"?',
        '3: prober.dns_cache: expected true or false, found "no"',
    ],
    "secret_without_quotes": [
        '2: prober.admin_key: expected a value such as "text", 5, true or ["a", "b"], found a text without quotes',
        '3: prober.max_probes: expected a value such as "text", 5, true or ["a", "b"], found 5s',
    ],
    "site_needed": ["4: components.shop.site: expected one of the sites a, b, as there are several, found none"],
    "site_private": [
        '3: sites.main.private: expected true or false, found "yes"',
        "4: sites.main.password: expected a key of at least 16 characters, found a text that is not shown here",
    ],
    "site_url": ['2: sites.main.url: expected a URL such as "https://status.example.com", found "status.example"'],
    "site_url_twice": [
        '5: sites.b.url: expected a URL of its own, found "https://STATUS.example/", already used by sites.a'
    ],
    "table_not_a_table": [
        "1: checks: expected a table such as [checks.<id>], found 5",
        '4: components.shop: expected a table such as [components.<id>], found "Shop"',
    ],
    "table_not_closed": [
        '3: checks.shop: expected a "]" after the name of the table, found the end of the line',
        "5: checks.shop.port: expected a number from 1 to 65535, found 0",
    ],
    "table_twice": [
        "7: checks.shop: expected each table once, found [checks.shop] again, first on line 3",
        "9: checks.shop.port: expected a number from 1 to 65535, found 0",
    ],
    "table_unknown": ['1: component: expected one of the tables, found "component", did you mean "components"?'],
    "text_not_closed": [
        "2: components.shop.name: expected a closing quote on the same line, found the end of the line",
        "6: checks.shop.host: expected a closing quote, found the end of the line",
        "8: checks.shop.port: expected a number from 1 to 65535, found 0",
    ],
    "timeout": ["7: checks.shop.timeout: expected a timeout of at most the interval 5s, found 6s"],
    "topics": [
        "7: subscriptions.all.topics[0]: expected one of incidents, maintenance, "
        'components, found "incident", did you mean "incidents"?',
        "8: subscriptions.all.min_impact: expected one of none, minor, major, critical, "
        'found "mayor", did you mean "major"?',
        '9: subscriptions.all.hours: expected hours of the week such as "Mo-Fr 08:00-18:00, Sa 09:00-13:00", '
        'found "9 to 5"',
        '10: subscriptions.all.severity[0]: expected one of low, normal, high, found "hi", did you mean "high"?',
    ],
    "value_without_quotes": [
        '5: checks.shop.host: expected a value such as "text", 5, true or ["a", "b"], found shop.example',
        '6: checks.shop.interval: expected a value such as "text", 5, true or ["a", "b"], found 30s',
        "7: checks.shop.port: expected a number from 1 to 65535, found 0",
    ],
}


def test_every_broken_file_is_in_the_table() -> None:
    assert sorted(MISTAKES) == sorted(path.stem for path in BROKEN.iterdir())


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line_what_was_expected_and_what_was_found(name: str) -> None:
    assert mistakes(BROKEN / f"{name}.toml") == MISTAKES[name]


def test_the_state_directory_of_systemd_is_used_unless_the_file_names_one(tmp_path: Path) -> None:
    env = {"STATE_DIRECTORY": "/var/lib/prober:/var/lib/other"}
    assert loaded(written(tmp_path, "[components.a]"), env).daemon.state_dir == Path("/var/lib/prober")
    named = written(tmp_path, '[prober]\nstate_dir = "mine"')
    assert loaded(named, env).daemon.state_dir == tmp_path / "mine"


def test_the_up_listener_can_be_switched_off(tmp_path: Path) -> None:
    assert loaded(written(tmp_path, '[prober]\nup = "off"')).daemon.up is None


def test_ten_thousand_checks_with_two_mistakes_each_are_all_told(tmp_path: Path) -> None:
    check = '[checks.c{}]\ncomponent = "shop"\nkind = "ping"\nhots = "h"\n'
    path = written(tmp_path, "[components.shop]\n" + "".join(check.format(i) for i in range(10_000)))
    found = mistakes(path)
    assert len(found) == 20_000
    assert found[-2:] == [
        "39998: checks.c9999.host: expected a value, found none",
        '40001: checks.c9999.hots: expected one of the keys, found "hots"',
    ]


def test_a_kind_is_a_text(tmp_path: Path) -> None:
    found = mistakes(written(tmp_path, "[components.a]\n[checks.a]\nkind = ['ping']\n"))
    assert found == ['3: checks.a.kind: expected one of the kinds ping, found ["ping"]']


KEYS = ("kind", "name", "site", "group", "component", "channel", "start", "timeout")
VALUES = ("'a'", "'ping'", "'pager'", "'1s'", "5", "[]", "['a']", "{}", "{file = 'x'}", "'${X}'", "1s", "nan")
LINES = [
    *(f"[{table}{id_}]" for table in TABLES for id_ in ("", ".a", ".b")),
    *(f"{key} = {value}" for key in KEYS for value in VALUES),
    *("[check.a]", "[[sites]]", "host = 'h'", "phone = 'n'", "components = ['a', 'b']", "url = 'http://a'"),
    *("start = 2030-01-01T00:00:00Z", "end = 2030-01-01", "checks.a = 5", "a.b.c = 1", "'''", "]", "\0", ""),
]


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.sampled_from(LINES), max_size=25).map("\n".join),
    st.dictionaries(st.just("X"), st.sampled_from(["", "a", "secret"])),
)
def test_whatever_stands_in_it_a_file_is_taken_or_refused(tmp_path: Path, text: str, env: dict[str, str]) -> None:
    found = mistakes(written(tmp_path, text), env)
    assert all(re.fullmatch(r"(\d+: )?(\S+: )?expected .+, found .+", line) for line in found), found
    assert "secret" not in "".join(found)


def test_a_table_without_ids_has_its_defaults_and_its_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[history]\nhours = "4000d"\n[backup]\nevery = "6h"\ndirectory = "copies"\n')
    config = loaded(path)
    assert (config.history.raw, config.history.hours) == (7 * 86_400_000, 4000 * 86_400_000)
    assert (config.backup.every, config.backup.keep, config.backup.directory) == (21_600_000, 7, tmp_path / "copies")
    path.write_text('history = 3\n[backup]\nevery = "never"\nkeep = 0\nname = "x"\n')
    with pytest.raises(ConfigError) as refused:
        loaded(path)
    assert [mistake.split(": ", 1)[1] for mistake in refused.value.mistakes] == [
        "history: expected a table such as [history], found 3",
        'backup.every: expected a duration such as "30s", found "never"',
        "backup.keep: expected a number from 1 to 1000, found 0",
        'backup.name: expected one of the keys every, keep, directory, found "name"',
    ]
