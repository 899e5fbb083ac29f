"""The words that UP and Instatus share."""

import pytest

from prober.core.model import Impact, IncidentStatus, Status
from statusapi.dialects import capitals


def test_every_state_has_a_word() -> None:
    assert set(capitals.COMPONENT) == set(Status)
    assert set(capitals.INCIDENT) == set(IncidentStatus)
    assert set(capitals.IMPACT) == set(Impact)


@pytest.mark.parametrize("words", [capitals.COMPONENT, capitals.INCIDENT, capitals.IMPACT])
def test_words_are_capitals_in_one_piece(words: dict[object, str]) -> None:
    assert all(word.isalpha() and word.isupper() for word in words.values())
