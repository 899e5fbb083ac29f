"""What components can have in common; the stories in grouping.txt tell what comes of it."""

from typing import get_args

from prober.config.values import GroupBy as InConfiguration
from prober.core.grouping import GroupBy, shares
from prober.core.model import CheckState
from tests.builders import check, component, policy


def test_the_configuration_knows_every_kind() -> None:
    assert get_args(InConfiguration) == tuple(kind.value for kind in GroupBy)


def test_only_what_is_asked_for_and_known_is_common() -> None:
    rules = policy(
        check("a", shares=(("host", "example.org"), ("resolver", "::1"))),
        check("b", shares=(("host", "example.com"),)),
        components=[component(checks="ab", depends_on=("db",), group_by=("host", "address", "parent", "group"))],
    )
    states = {"a": CheckState("a", address="::1"), "b": CheckState("b")}
    found = shares(rules, rules.components["shop"], ["a"], states.__getitem__)
    assert found == {("host", "example.org"), ("address", "::1"), ("parent", "db")}
