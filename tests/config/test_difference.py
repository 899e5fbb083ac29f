"""What differs between two files, told without a secret."""

from pathlib import Path

import pytest

from prober.config import Difference, Key, applicable, difference, restart_keys
from tests.config.kinds import loaded, written

FIRST = """
[prober]
public = "127.0.0.1:8081"
admin_key = "an-admin-key-of-old"
[sites.main]
name = "Status"
url = "https://status.example"
[components]
shop = {}
blog = {}
[checks]
shop = {kind = "ping", host = "h", interval = "30s", headers = {x = "hush-hush"}}
blog = {kind = "ping", host = "h", ports = [1, 2]}
[channels.pager]
kind = "pager"
phone = "${NUMBER}"
pin = "pin-of-old"
"""
ENV = {"NUMBER": "0123-4567", "OTHER": "7654-3210"}


def differing(folder: Path, *replaced: tuple[str, str], text: str = FIRST) -> Difference:
    """Between FIRST and the same with these texts replaced."""
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    return difference(loaded(written(folder, FIRST), ENV), loaded(written(folder, text), ENV))


def test_the_same_words_in_another_layout_are_no_difference(tmp_path: Path) -> None:
    assert differing(tmp_path, ('"30s"', '"0.5m"'), ("[components]", "# a comment\n[components]")) == {}


@pytest.mark.parametrize(
    ("old", "new", "table", "keys"),
    [
        ('"30s"', '"1m"', "checks", [Key("interval", "30s", "1m")]),
        (', interval = "30s"', "", "checks", [Key("interval", "30s", "1m")]),
        ("[1, 2]", "[2]", "checks", [Key("ports", "[1, 2]", "[2]")]),
        ("hush-hush", "hush", "checks", [Key("headers", "***", "***")]),
        ('host = "h", ports', 'host = "i", degraded_over = "2s", ports', "checks", None),
        ("of-old", "of-new", "channels", [Key("pin", "***", "***")]),
        ('pin = "pin-of-old"', "", "channels", [Key("pin", "***", "none")]),
        ("${NUMBER}", "${OTHER}", "channels", [Key("phone", "${NUMBER}", "${OTHER}")]),
        ("blog = {}", 'blog = {name = "Blog"}', "components", [Key("name", "blog", "Blog")]),
        ("[prober]", "[prober]\nmax_probes = 7", "prober", [Key("max_probes", "500", "7", needs_restart=True)]),
        ('"127.0.0.1:8081"', '"[::1]:80"', "prober", [Key("public", "127.0.0.1:8081", "[::1]:80", needs_restart=True)]),
    ],
)
def test_each_key_is_told_with_both_values(
    tmp_path: Path, old: str, new: str, table: str, keys: list[Key] | None
) -> None:
    found = differing(tmp_path, (old, new))[table]
    assert (found.added, found.removed, found.is_reordered) == ((), (), False)
    expected = keys or [Key("degraded_over", "none", "2s"), Key("host", "h", "i")]
    assert [sorted(changed) for changed in found.changed.values()] == [expected]


def test_what_comes_and_goes_is_told_by_its_id(tmp_path: Path) -> None:
    found = differing(tmp_path, ("blog = {}", "mail = {}"), ("blog = {kind", "mail = {kind"), ('"30s"', '"1m"'))
    assert (found["checks"].added, found["checks"].removed) == (("mail",), ("blog",))
    assert found["checks"].fresh == {"mail", "shop"}
    assert str(found["checks"]) == "checks: added mail, changed shop (interval), removed blog"
    assert found.keys() == {"checks", "components"}


def test_another_order_is_a_difference_because_the_page_shows_it(tmp_path: Path) -> None:
    found = differing(tmp_path, ("shop = {}\nblog = {}", "blog = {}\nshop = {}"))
    assert [str(table) for table in found.values()] == ["components: in another order"]


def test_what_only_a_restart_applies_stays_as_it_runs(tmp_path: Path) -> None:
    text = (
        FIRST.replace("8081", "8082").replace("of-old", "of-new") + '[history]\nraw = "400d"\n[backup]\nevery = "1d"\n'
    )
    running, read = loaded(written(tmp_path, FIRST), ENV), loaded(written(tmp_path, text), ENV)
    assert restart_keys(difference(running, read)) == ["prober.public", "history.raw", "backup.every"]
    found = difference(running, applicable(read, running))
    assert [key.name for key in found["prober"].changed["prober"]] == ["admin_key"]
    assert restart_keys(found) == restart_keys({}) == []
