"""What several kinds ask for is checked alike, and never repeated."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from prober.notifiers.keys import BaseUrl, place


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://Example.com", "https://example.com"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("https://example.com/token", "https://example.com/..."),
    ],
)
def test_a_place_is_named_by_its_origin(url: str, target: str) -> None:
    assert place(url) == target


def test_a_base_is_kept_without_a_slash_at_its_end() -> None:
    assert TypeAdapter(BaseUrl).validate_python("https://Example.com/api/") == "https://example.com/api"


@pytest.mark.parametrize(
    "value", [5, "example.com", "https://", "https://u:hush@example.com", "https://e.com/?hush", "https://e.com/#hush"]
)
def test_a_base_is_a_plain_url(value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(BaseUrl).validate_python(value)
    (error,) = refused.value.errors()
    assert error["msg"].startswith('an http or https URL such as "https://example.com"')
    assert "hush" not in error["ctx"]["found"]
