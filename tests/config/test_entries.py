"""What goes without saying is put in; what is misspelt is told once and understood."""

from pathlib import Path

import pytest

from prober.config import Address
from tests.config.kinds import loaded, mistakes, written


def test_the_least_that_must_be_said(tmp_path: Path) -> None:
    config = loaded(written(tmp_path, '[components.shop]\n[checks.shop]\nkind = "ping"\nhost = "h"\n'))
    assert config.daemon.state_dir == tmp_path / "prober-state"
    assert (config.daemon.public, config.daemon.up) == (Address("127.0.0.1", 8080), Address("127.0.0.1", 5010))
    assert (config.accounts["default"].name, config.sites["main"].name) == ("Default", "Status")
    assert (config.sites["main"].account, config.sites["main"].url) == ("default", "http://127.0.0.1:8080")
    assert (config.components["shop"].site, config.components["shop"].name) == ("main", "shop")
    assert (config.checks["shop"].component, config.checks["shop"].name) == ("shop", "shop")
    assert (config.checks["shop"].interval, config.checks["shop"].timeout) == (60_000, 10_000)


def test_a_short_interval_shortens_the_timeout(tmp_path: Path) -> None:
    text = '[components.a]\n[checks.a]\nkind = "ping"\nhost = "h"\ninterval = "200ms"\n'
    assert loaded(written(tmp_path, text)).checks["a"].timeout == 200


@pytest.mark.parametrize(
    ("public", "url"),
    [("[::1]:80", "http://[::1]:80"), ("0.0.0.0:80", "http://localhost:80"), ("Status:80", "http://status:80")],
)
def test_a_site_is_where_the_public_listener_shows_it(tmp_path: Path, public: str, url: str) -> None:
    assert loaded(written(tmp_path, f'[prober]\npublic = "{public}"')).sites["main"].url == url
    several = written(tmp_path, f'[prober]\npublic = "{public}"\n[sites.a]\n[sites.b]\nurl = "https://b.example/"')
    assert [site.url for site in loaded(several).sites.values()] == [f"{url}/s/a", "https://b.example"]


def test_a_misspelt_table_still_declares_its_ids(tmp_path: Path) -> None:
    text = """
[component.shop]
nmae = "Shop"
[checks.shop]
kind = "ping"
host = "h"
"""
    assert mistakes(written(tmp_path, text)) == [
        '2: component: expected one of the tables, found "component", did you mean "components"?',
        '3: component.shop.nmae: expected one of the keys, found "nmae", did you mean "name"?',
    ]


def test_where_many_could_be_meant_they_are_not_listed(tmp_path: Path) -> None:
    text = "".join(f"[sites.s{i}]\n" for i in range(30)) + "[components.a]\n"
    assert mistakes(written(tmp_path, text)) == [
        "31: components.a.site: expected one of the sites, as there are several, found none"
    ]
