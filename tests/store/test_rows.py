"""Row <-> noun."""

import json

from prober.core.model import Phase
from prober.store import rows
from tests.builders import observation


def test_only_bad_answers_leave_evidence() -> None:
    assert rows.observation_row(observation("up"))[-1] is None
    bad = observation("down", detail="refused", phases_us=((Phase.CONNECT, 12),), facts={"ip": "127.0.0.1"})
    assert json.loads(rows.observation_row(bad)[-1]) == [
        "refused",
        [["connect", 12]],
        {"ip": "127.0.0.1"},
        "local",
    ]
