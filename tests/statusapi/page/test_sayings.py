"""What the automation wrote is said in the reader's language; what people wrote is left alone."""

import pytest

from statusapi.page.languages import ENGLISH, LANGUAGES
from statusapi.page.sayings import said

GERMAN = LANGUAGES["de"]


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("Shop is down", "Shop ist ausgefallen"),
        (
            "Shop is down: connections are refused. We are investigating.",
            "Shop ist ausgefallen: Verbindungen werden abgelehnt. Wir untersuchen das.",
        ),
        ("Shop is degraded again. We are investigating.", "Shop ist erneut beeinträchtigt. Wir untersuchen das."),
        ("Shop is partially down now.", "Shop ist jetzt teilweise ausgefallen."),
        ("Shop is operational again after 2 h 5 min.", "Shop funktioniert nach 2 Std. 5 Min. wieder."),
        ("The maintenance has started.", "Die Wartung hat begonnen."),
        ("A {name} is down", "A {name} ist ausgefallen"),
        ("We are on it", "We are on it"),
        ("Shop is down because of Bob.", "Shop is down because of Bob."),
        ("x" * 1000 + " is down", "x" * 1000 + " is down"),
    ],
)
def test_sentences_of_the_automation_are_known(english: str, german: str) -> None:
    assert said(english, GERMAN) == german
    assert said(english, ENGLISH) == english
