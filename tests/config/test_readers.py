"""Which pages readers may subscribe to."""

from pathlib import Path

import pytest

from prober.cli.check_config import load_config
from prober.config import subscribable

TEXT = """
[sites.one]
name = "One"
url = "https://one.example"
[sites.two]
name = "Two"
url = "https://two.example"
[groups.web]
name = "Web"
site = "two"
[components.shop]
name = "Shop"
site = "one"
[components.blog]
name = "Blog"
site = "two"
group = "web"
[channels.readers]
kind = "email"
host = "mail.example"
sender = "status@acme.example"
subscribers = true
[channels.ops]
kind = "email"
host = "mail.example"
sender = "status@acme.example"
to = ["ops@acme.example"]
[subscriptions.ops]
channel = "ops"
"""


@pytest.mark.parametrize(
    ("only", "sites"),
    [
        ("", {"one", "two"}),
        ('sites = ["two"]', {"two"}),
        ('components = ["shop"]', {"one"}),
        ('groups = ["web"]', {"two"}),
        ('groups = ["web"]\ncomponents = ["shop"]', {"one", "two"}),
    ],
)
def test_they_are_those_of_which_a_channel_to_subscribers_is_told(tmp_path: Path, only: str, sites: set[str]) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'{TEXT}[subscriptions.readers]\nchannel = "readers"\n{only}\n')
    assert subscribable(load_config(path, {})) == dict.fromkeys(sites, "readers")


def test_without_such_a_channel_there_are_none(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(TEXT)
    assert subscribable(load_config(path, {})) == {}
