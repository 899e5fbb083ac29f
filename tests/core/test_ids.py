"""Ids that outsiders see."""

from prober.core.ids import slug, uid


def test_a_slug_is_twelve_lower_case_letters_and_digits_and_always_the_same() -> None:
    assert slug("component:shop") == slug("component:shop")
    assert len(slug("x")) == 12
    assert slug("x").isalnum()
    assert slug("x") == slug("x").lower()


def test_a_key_makes_slugs_that_others_cannot_tell() -> None:
    assert slug("incident:1", b"a") != slug("incident:1", b"b")


def test_a_uid_has_twenty_digits() -> None:
    assert uid(1_700_000_000_123, 4_007) == "00001700000000123007"
