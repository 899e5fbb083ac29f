"""The owner of a mailbox is asked in the page's language."""

from email import message_from_bytes, policy
from typing import get_args

import pytest

from prober.config.models import Site
from prober.notifiers.asking import ASKINGS, asking
from prober.notifiers.email import question
from tests.builders import T0

URL = f"https://status.example/subscribe/confirm?t={'a' * 20}.{'b' * 40}"


def test_it_is_asked_in_each_language_of_a_page() -> None:
    assert set(ASKINGS) == set(get_args(Site.model_fields["language"].annotation))


@pytest.mark.parametrize("language", ASKINGS)
def test_each_question_names_the_page_and_has_the_link_whole(language: str) -> None:
    found = asking(language, "Acme {url} «1»", URL)
    content = question("s@acme.example", "ann@mail.example", found, "abc", T0).as_bytes()
    assert content.isascii()
    mail = message_from_bytes(content, policy=policy.default)
    assert "Acme {url} «1»" in mail["Subject"]
    said = mail.get_content().replace("\r\n", "\n")
    assert said.count(URL) == 1
    assert f" {URL}\n" in said
    assert said.split("\n\n") == [*found.said[:-1], f"{found.said[-1]}\n"]
    assert len(found.said) == len(ASKINGS["en"].said)
