"""What is put into a line from what was found before."""

import pytest

from prober.wire.pattern import searched
from prober.wire.query_response import expanded


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("plain", "plain"),
        ("$1-${2}-$host", "220-mail-mail"),
        ("${host}s", "mails"),
        ("$hosts", ""),
        ("$9 ${nothing}", " "),
        ("$3", ""),
        ("$$1 $", "$1 $"),
        ("${", "${"),
        ("$0", "220 mail"),
    ],
)
def test_what_was_found_is_put_in(text: str, wanted: str) -> None:
    assert expanded(text, searched(r"(\d+) (?P<host>\w+)( more)?")("220 mail")) == wanted


def test_without_a_match_nothing_is_put_in() -> None:
    assert expanded("$1${a}$$", None) == "$"
