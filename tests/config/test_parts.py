"""A configuration in several files is one configuration, and each mistake names its file and line."""

from pathlib import Path

import pytest

from prober.errors import ConfigError
from tests.config.kinds import loaded, written

MAIN = """
[prober]
include = ["conf.d/*.toml"]
[components.shop]
[checks.shop]
kind = "ping"
host = "shop"
"""
BLOG = """
[components.blog]
[checks.blog]
kind = "ping"
host = "blog"
"""


@pytest.fixture
def main(tmp_path: Path) -> Path:
    (tmp_path / "conf.d").mkdir()
    return written(tmp_path, MAIN)


def part(main: Path, name: str, text: str) -> None:
    (main.parent / "conf.d" / name).write_text(text)


def told(main: Path) -> list[str]:
    """The mistakes, with the names of files as seen from the main one."""
    with pytest.raises(ConfigError) as caught:
        loaded(main)
    return [line.replace(f"{main.parent}/", "") for line in caught.value.mistakes]


def test_parts_are_read_as_if_they_stood_in_the_file(main: Path) -> None:
    part(main, "b.toml", BLOG.replace("blog", "wiki"))
    part(main, "a.toml", BLOG)
    part(main, "c.toml", "# nothing yet\n")
    part(main, "d.other", "no TOML")
    assert list(loaded(main).checks) == ["shop", "blog", "wiki"]


def test_a_pattern_may_find_nothing_and_a_name_may_not(main: Path) -> None:
    assert list(loaded(main).checks) == ["shop"]
    main.write_text(MAIN.replace("*.toml", "none.toml"))
    expected = 'expected a file, or a pattern such as "conf.d/*.toml", found "conf.d/none.toml", which is none'
    assert told(main) == [f"config.toml:3: prober.include[0]: {expected}"]


def test_a_path_from_the_root_is_one_as_well(main: Path, tmp_path: Path) -> None:
    part(main, "a.toml", BLOG)
    main.write_text(MAIN.replace("conf.d", f"{tmp_path}/conf.d"))
    assert list(loaded(main).checks) == ["shop", "blog"]


def test_a_table_that_stands_twice_names_both_places(main: Path) -> None:
    part(main, "a.toml", BLOG)
    part(main, "b.toml", BLOG + "[components.shop]\n")
    once = "expected an id that is declared once, found"
    assert told(main) == [
        f"conf.d/b.toml:2: components.blog: {once} components.blog in conf.d/a.toml:2 too",
        f"conf.d/b.toml:3: checks.blog: {once} checks.blog in conf.d/a.toml:3 too",
        f"conf.d/b.toml:6: components.shop: {once} components.shop in config.toml:4 too",
    ]


def test_what_there_is_once_stands_in_the_main_file(main: Path) -> None:
    part(main, "a.toml", '[prober]\ninclude = ["a.toml"]\n')
    (line,) = told(main)
    assert line.startswith("conf.d/a.toml:1: prober: expected [prober] in ")
    assert line.endswith("config.toml only, found it here")


def test_every_mistake_of_every_file_is_told_with_its_place(main: Path) -> None:
    main.write_text(MAIN.replace('"shop"', "5"))
    part(main, "a.toml", BLOG + 'interval = "0s"\n')
    part(main, "b.toml", '[chekcs.x]\nkind = "ping"\nhost = \n')
    part(main, "c.toml", "\ufeff")
    assert told(main) == [
        "config.toml:7: checks.shop.host: expected a text, found 5",
        'conf.d/a.toml:6: checks.blog.interval: expected a duration such as "30s", found "0s"',
        'conf.d/b.toml:1: chekcs: expected one of the tables, found "chekcs", did you mean "checks"?',
        "conf.d/b.toml:3: chekcs.x.host: expected a value such as "
        '"text", 5, true or ["a", "b"], found the end of the line',
        "conf.d/c.toml:1: expected plain UTF-8, found a byte order mark (save it without BOM)",
    ]
