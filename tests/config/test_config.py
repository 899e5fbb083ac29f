"""The configuration as the daemon uses it."""

from pathlib import Path

import pytest

from prober.core.model import Impact, Status
from prober.core.policy import Maintenance, Quantile
from tests.config.kinds import loaded, written


def test_policy_has_what_the_core_needs(tmp_path: Path) -> None:
    text = """
    [groups.apps]
    [components.shop]
    group = "apps"
    open_incident_at = "never"
    [components.db]
    open_incident_at = "partial"
    [checks]
    shop = {kind = "ping", host = "h", failures = 3, degraded_over = "2s", degraded_quantile_over = "1s"}
    other = {kind = "ping", host = "h", component = "shop"}
    [channels.pager]
    kind = "pager"
    phone = "1"
    [subscriptions.all]
    channel = "pager"
    groups = ["apps"]
    min_impact = "major"
    [maintenance.night]
    start = 1970-01-01T01:00:01+01:00
    end = 1970-01-01T00:00:02.5Z
    """
    policy = loaded(written(tmp_path, text)).policy()
    shop, db = policy.components["shop"], policy.components["db"]
    assert (shop.checks, shop.group, shop.opens_at) == (("shop", "other"), "apps", None)
    assert (db.checks, db.site, db.opens_at) == ((), "main", Status.PARTIAL)
    assert (policy.checks["shop"].down.answers, policy.checks["shop"].degraded_over_us) == (3, 2_000_000)
    assert policy.checks["shop"].quantile == Quantile(95, 1_000_000, 600_000)
    assert policy.checks["other"].component == "shop"
    subscription = policy.subscriptions["all"]
    assert (subscription.groups, subscription.min_impact) == (frozenset({"apps"}), Impact.MAJOR)
    assert subscription.topics == {"incidents", "maintenance"}
    assert policy.maintenances["night"] == Maintenance("night", "main", "night", 1000, 2500, ("shop", "db"))


def test_what_was_loaded_cannot_be_changed(tmp_path: Path) -> None:
    config = loaded(written(tmp_path, "[components.shop]"))
    with pytest.raises(TypeError):
        config.components["other"] = config.components["shop"]  # type: ignore[index]
    with pytest.raises(ValueError, match="frozen"):
        config.components["shop"].name = "Other"  # type: ignore[misc]
