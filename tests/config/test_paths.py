"""A path is written as people would write it."""

import pytest

from prober.config.paths import Path, dotted, marked, plain


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("checks", "shop", "expect_status", 1), "checks.shop.expect_status[1]"),
        (("checks", "my shop"), 'checks."my shop"'),
        (("checks", marked("shop", 7), "url"), "checks.shop.url"),
        ((marked("", 7), "url"), "url"),
        ((), ""),
    ],
)
def test_a_path_is_written_with_dots(path: Path, text: str) -> None:
    assert dotted(path) == text


def test_a_mark_is_never_seen() -> None:
    assert plain(marked("shop", 7)) == "shop"
