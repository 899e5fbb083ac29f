"""The configuration as people may see it: TOML again, with no secret in it."""

import tomllib
from pathlib import Path

from prober.config import shown
from tests.config.kinds import loaded, written

TEXT = """
[prober]
admin_key = "an-admin-key-of-old"
trusted_proxies = ["10.0.0.0/8"]
[sites.main]
name = "Status \\"A\\""
url = "https://status.example"
[components]
"shop.de" = {name = "Hush-hush: ${NUMBER}"}
[checks]
shop = {kind = "ping", component = "shop.de", host = "h", interval = "90s", ports = [1, 2], headers = {x = "hush-hush"}}
[channels.pager]
kind = "pager"
phone = "${NUMBER}"
pin = "pin-of-old"
[maintenance.upgrade]
name = "Upgrade"
site = "main"
start = 2023-11-14T22:43:20Z
end = 2023-11-14T23:43:20Z
"""


def test_what_was_given_is_shown_and_no_secret(tmp_path: Path) -> None:
    text = shown(loaded(written(tmp_path, TEXT), {"NUMBER": "0123-4567"}))
    found = tomllib.loads(text)
    assert found["prober"]["admin_key"] == "***"
    assert found["prober"]["trusted_proxies"] == ["10.0.0.0/8"]
    assert found["sites"]["main"]["name"] == 'Status "A"'
    assert found["components"]["shop.de"]["name"] == "Hush-hush: ***"
    check = found["checks"]["shop"]
    assert (check["interval"], check["ports"], check["headers"]) == ("1m30s", [1, 2], "***")
    assert found["maintenance"]["upgrade"]["start"].year == 2023
    assert [word for word in ("hush-hush", "an-admin-key", "pin-of-old", "0123") if word in text] == []
