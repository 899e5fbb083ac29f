"""What was made beside what the file declares: the file wins, and what does not fit is left out and named."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prober.config import declared, with_made
from prober.config.made import PREFIX
from prober.core.made import Made
from prober.core.model import Status
from tests.config.kinds import Pager, loaded, written

FILE = """
[accounts.acme]
[sites.main]
[components.shop]
"""


def channel(content: Mapping[str, Any]) -> Pager:
    return Pager.model_validate({"kind": "pager", "phone": content["endpoint"]})


MADE = [
    Made(
        "subscriptions", "ops", {"name": "Ops", "account": "bob", "endpoint": "555", "components": ["api", "gone"]}, 1
    ),
    Made("components", "api", {"name": "API", "site": "bobs", "status": "partial"}, 2),
    Made("sites", "bobs", {"name": "Bob's", "account": "bob"}, 3),
    Made("accounts", "bob", {"name": "Bob"}, 4),
    Made("metrics", "load", {"site": "bobs"}, 5),
    Made("deleted", "7", {}, 6),
]


def test_what_was_made_stands_beside_what_is_declared_whatever_came_first(tmp_path: Path) -> None:
    config, left_out = with_made(loaded(written(tmp_path, FILE)), MADE, channel)
    assert left_out == []
    assert (list(config.accounts), list(config.sites), list(config.components)) == (
        ["acme", "bob"],
        ["main", "bobs"],
        ["shop", "api"],
    )
    assert config.policy().components["api"].stated is Status.PARTIAL
    assert config.policy().components["api"].opens_at is None
    assert config.policy().components["shop"].stated is None
    assert config.subscriptions["ops"].channel == PREFIX + "ops"
    assert (config.subscriptions["ops"].sites, config.subscriptions["ops"].components) == (["bobs"], ["api"])
    assert config.sites["bobs"].url == "http://127.0.0.1:8080/s/bobs"
    assert list(declared(config, "sites")) == ["main"]
    assert ("deleted", "7") in config.made


def test_what_does_not_fit_the_file_is_left_out_and_named(tmp_path: Path) -> None:
    taken = Made("components", "shop", {"name": "Mine", "site": "main"}, 7)
    broken = Made("components", "old", {"name": 5, "site": "main"}, 8)
    nowhere = Made("subscriptions", "bad", {"name": "Bad", "account": "acme", "endpoint": "1", "sites": ["none"]}, 9)
    made = [*(one for one in MADE if one.section != "accounts"), taken, broken, nowhere]
    config, left_out = with_made(loaded(written(tmp_path, FILE)), made, channel)
    assert left_out == [
        "sites.bobs, made through the API, is left out: its account is gone",
        "components.api, made through the API, is left out: its site is gone",
        "components.shop, made through the API, is left out: its id is declared in the configuration file",
        "components.old, made through the API, is left out: its fields are of another version",
        "subscriptions.ops, made through the API, is left out: its account is gone",
        "subscriptions.bad, made through the API, is left out: its account has no such site",
        "metrics.load, made through the API, is left out: its site is gone",
    ]
    assert config.components["shop"].name == "shop"
