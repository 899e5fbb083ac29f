"""What holds for every format of a webhook.

`RENEW_GOLDEN=1` writes the golden answers anew, to be reviewed as a diff.
"""

import json
import os
import re
from pathlib import Path

import pytest

from prober.core.model import NoticeReason
from prober.notifiers.webhook import FORMATS
from tests.notifiers.parcels import OPEN, PARCELS, parcel

GOLDEN = Path(__file__).parent / "golden"
EVERY_FORMAT = pytest.mark.parametrize("name", FORMATS)
EVERY_PARCEL = pytest.mark.parametrize("about", PARCELS)


def test_there_is_a_parcel_for_every_reason() -> None:
    assert {one.notice.reason for one in PARCELS.values()} == set(NoticeReason) - {NoticeReason.DIGEST}


@EVERY_FORMAT
@EVERY_PARCEL
def test_the_bodies_are_as_written_down(name: str, about: str) -> None:
    body = json.dumps(json.loads(FORMATS[name](PARCELS[about])), indent=2, ensure_ascii=False) + "\n"
    golden = GOLDEN / name / f"{about}.json"
    if os.environ.get("RENEW_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(body)
    assert body == golden.read_text()


@EVERY_FORMAT
@EVERY_PARCEL
def test_the_bytes_are_those_of_stringify(name: str, about: str) -> None:
    body = FORMATS[name](PARCELS[about])
    assert body == json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode()
    without_texts = re.sub(rb'"(?:[^"\\]|\\.)*"', b'""', body)
    assert not re.search(rb"[\s.]", without_texts)


@EVERY_FORMAT
def test_a_repeated_attempt_sends_the_same_bytes(name: str) -> None:
    first, third = (parcel(NoticeReason.OPENED, attempt=n, incident=OPEN) for n in (1, 3))
    assert FORMATS[name](first) == FORMATS[name](third)


@EVERY_FORMAT
def test_a_notice_about_nothing_is_a_fault_of_our_own(name: str) -> None:
    with pytest.raises(ValueError, match="is about nothing"):
        FORMATS[name](parcel(NoticeReason.OPENED))
