"""Every key has its row in the reference and stands in the example, and the example is good as it is."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from prober import notifiers, probes
from prober.config import TABLES, Address, Config, Site, Window, load
from prober.config.models import SINGLE
from prober.options import ChannelOptions, CheckOptions, Options
from prober.probes.reach import ReachOptions
from prober.probes.targets import PLACEHOLDERS

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "configuration.md").read_text()
EXAMPLE = ROOT / "config.example.toml"

SECTIONS = {f"`[{name}]`" if name in SINGLE else f"`[{name}.<id>]`": name for name in TABLES}


def rows(heading: str) -> list[str]:
    """The keys that the section with this heading documents."""
    section = re.search(rf"^##+ {re.escape(heading)}$(.*?)(?=^##|\Z)", DOCS, re.DOTALL | re.MULTILINE)
    assert section, f"docs/configuration.md has no section {heading}"
    return re.findall(r"^\| `(\w+)` \|", section[1], re.MULTILINE)


def stands_in_example(table: str, key: str) -> bool:
    """Whether a table of that section sets the key, maybe commented out."""
    sections = re.split(r"^\[", EXAMPLE.read_text(), flags=re.MULTILINE)
    return any(s.startswith(table) and re.search(rf"^(?:# )?{key} = ", s, re.MULTILINE) for s in sections)


def loaded(path: Path) -> Config:
    return load(
        path,
        check_options=lambda kind: probes.kind(kind).options,
        check_kinds=tuple(probes.KINDS),
        channel_options=lambda kind: notifiers.kind(kind).options,
        channel_kinds=tuple(notifiers.KINDS),
        module_keys=PLACEHOLDERS,
        env={},
    )


@pytest.mark.parametrize("heading", SECTIONS)
def test_every_key_of_every_table_is_documented_and_exemplified(heading: str) -> None:
    name = SECTIONS[heading]
    keys = list(TABLES[name].model_fields)
    assert sorted(rows(heading)) == sorted(keys)
    assert [key for key in keys if not stands_in_example(name, key)] == []


def test_how_names_are_looked_up_is_taken_from_the_daemon(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("""
    [prober]
    resolver = "system"
    dns_cache = true
    [components.a]
    [checks]
    a = {kind = "tcp", host = "a.test", port = 1}
    b = {kind = "tcp", host = "a.test", port = 1, component = "a", resolver = "own", dns_cache = false}
    c = {kind = "heartbeat", token = "0123456789abcdef", period = "1h", component = "a"}
    [modules.m]
    kind = "tcp"
    """)
    config = loaded(path)
    found = {
        id_: (one.resolver, one.dns_cache)
        for id_, one in (*config.checks.items(), *config.modules.items())
        if isinstance(one, ReachOptions)
    }
    assert found == {"a": ("system", True), "b": ("own", False), "m": ("system", True)}


def common_of(kind: type[CheckOptions]) -> type[CheckOptions]:
    return ReachOptions if issubclass(kind, ReachOptions) else CheckOptions


def test_every_key_of_kinds_that_connect_is_documented_and_exemplified() -> None:
    keys = [key for key in ReachOptions.model_fields if key not in CheckOptions.model_fields]
    assert rows("kinds that connect") == keys
    assert [key for key in keys if not stands_in_example("checks", key)] == []


def kinds() -> list[tuple[str, str, type[Options], type[Options]]]:
    """Section, kind, the model of its keys, and the model of the keys that all kinds have."""
    return [
        *(("checks", name, made, common_of(made)) for name in probes.KINDS for made in [probes.kind(name).options]),
        *(("channels", name, notifiers.kind(name).options, ChannelOptions) for name in notifiers.KINDS),
    ]


@pytest.mark.parametrize(("section", "kind"), [(section, kind) for section, kind, *_ in kinds()])
def test_every_key_of_every_kind_is_documented_and_exemplified(section: str, kind: str) -> None:
    (own, common) = next((own, common) for s, k, own, common in kinds() if (s, k) == (section, kind))
    keys = [key for key in own.model_fields if key not in common.model_fields]
    assert sorted(rows(f"kind `{kind}`")) == sorted(keys)
    assert [key for key in keys if not stands_in_example(section, key)] == []


def test_the_example_is_good_as_it_is() -> None:
    config = loaded(EXAMPLE)
    assert {check.kind for check in config.checks.values()} == set(probes.KINDS)
    # The extra that a kind needs may not be there: that example is commented out.
    assert {channel.kind for channel in config.channels.values()} == set(notifiers.KINDS) - {"apprise"}


@pytest.mark.parametrize("name", TABLES)
def test_every_key_says_what_it_means(name: str) -> None:
    assert [key for key, field in TABLES[name].model_fields.items() if not field.description] == []


def test_addresses_are_written_as_they_are_read() -> None:
    assert str(Address("127.0.0.1", 80)) == "127.0.0.1:80"
    assert str(Address("::1", 80)) == "[::1]:80"


@pytest.mark.parametrize(
    "url",
    [
        "status.example",
        "ftp://h",
        "http://",
        "http://h:99999",
        "http://[::1",
        "http://h/?q",
        "http://u@h",
        "http://h b",
    ],
)
def test_the_url_of_a_site_is_one_that_readers_can_follow(url: str) -> None:
    with pytest.raises(ValidationError, match="a URL such as"):
        Site(name="a", account="a", url=url)


def test_the_url_of_a_site_is_kept_without_a_slash_at_its_end() -> None:
    assert (
        Site(name="a", account="a", url="HTTPS://Status.Example:8443/s/Shop/").url
        == "https://status.example:8443/s/Shop"
    )


def test_moments_are_told_in_milliseconds() -> None:
    window = {
        "name": "a",
        "site": "a",
        "start": datetime(1970, 1, 1, 0, 0, 1, 999, UTC),
        "end": datetime(2030, 1, 1, tzinfo=UTC),
    }
    found = Window.model_validate(window)
    assert (found.start_ms, found.end_ms) == (1000, 1893456000000)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("language", "xx"),
        ("colour", "green"),
        ("colour", "#12345"),
        ("links", {"a": "javascript:alert(1)"}),
        ("links", {"a": "https://u:p@a"}),
        ("links", {"a": "https://a b"}),
        ("frame_ancestors", ["*"]),
        ("frame_ancestors", ["https://a; script-src 'unsafe-inline'"]),
        ("logo", "none.svg"),
        ("logo", "text.txt"),
        ("logo", "large.svg"),
    ],
)
def test_a_site_is_dressed_only_in_what_can_do_no_harm(tmp_path: Path, key: str, value: object) -> None:
    (tmp_path / "text.txt").write_text("a")
    (tmp_path / "large.svg").write_bytes(bytes(262_145))
    given = {"name": "a", "account": "a", "url": "https://a", key: value}
    with pytest.raises(ValidationError, match=key):
        Site.model_validate(given, context={"folder": tmp_path})


def test_a_site_is_dressed_in_its_logo_colour_and_links(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text("<svg/>")
    given = {"name": "a", "account": "a", "url": "https://a", "logo": "logo.svg", "colour": "#AABBCC"}
    site = Site.model_validate(given | {"links": {"b": "https://b/?c=d"}}, context={"folder": tmp_path})
    assert (site.logo, site.colour, site.links) == (tmp_path / "logo.svg", "#aabbcc", {"b": "https://b/?c=d"})
