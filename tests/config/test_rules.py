"""What must hold between tables is checked whatever else is wrong, and tells no value that came by reference."""

from pathlib import Path

import pytest

from prober.config import TABLES
from prober.config.rules import NAMED
from tests.config.kinds import mistakes, written

TWO_SITES = """
[sites.a]
[sites.b]
[groups.apps]
site = "b"
[components.shop]
site = "a"
group = "${GROUP}"
[maintenance.night]
site = "b"
components = ["shop"]
start = 2030-01-01T00:00:00Z
end = 2030-01-02T00:00:00Z
"""


def test_every_key_that_names_something_is_known_to_the_rules() -> None:
    named = {(section, key) for section, keys in NAMED.items() for key in keys}
    ids = {
        (section, key)
        for section, model in TABLES.items()
        for key, field in model.model_fields.items()
        if key
        in (
            "account",
            "site",
            "group",
            "component",
            "channel",
            "sites",
            "groups",
            "components",
            "depends_on",
            "canaries",
            "drill_channels",
        )
    }
    assert named == ids


def test_nothing_reaches_over_to_another_site(tmp_path: Path) -> None:
    assert mistakes(written(tmp_path, TWO_SITES), {"GROUP": "apps"}) == [
        '8: components.shop.group: expected one of the groups of the same site, found "${GROUP}", '
        "which stands on another",
        '11: maintenance.night.components[0]: expected one of the components of the same site, found "shop", '
        "which stands on another",
    ]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ('timeout = "${LONG}"', 'timeout: expected a timeout of at most the interval 1m, found "${LONG}"'),
        (
            'interval = "${SHORT}"\ntimeout = "2s"',
            'timeout: expected a timeout of at most the interval "${SHORT}", found 2s',
        ),
        ('degraded_over = "${LONG}"', 'degraded_over: expected a duration below the timeout 10s, found "${LONG}"'),
    ],
)
def test_times_that_came_by_reference_are_not_told(tmp_path: Path, keys: str, told: str) -> None:
    text = f'[components.a]\n[checks.a]\nkind = "ping"\nhost = "h"\n{keys}\n'
    (found,) = mistakes(written(tmp_path, text), {"LONG": "99s", "SHORT": "1s"})
    assert found.partition(".a.")[2] == told


def test_a_file_with_other_mistakes_is_held_to_the_rules(tmp_path: Path) -> None:
    text = '[components.a]\n[checks.a]\nkind = "none"\ncomponent = "b"\ninterval = "1s"\ntimeout = "2s"\n'
    assert len(mistakes(written(tmp_path, text))) == 3
