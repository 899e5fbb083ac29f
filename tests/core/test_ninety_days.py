"""Ninety days of a random world, incident by incident. `RENEW_GOLDEN=1` writes the list anew, to be reviewed."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from prober.core.model import Incident
from prober.simulate.figures import Figures, figures
from prober.simulate.play import play
from tests.simulate.worlds import slow_world

GOLDEN = Path(__file__).parent / "golden" / "ninety_days.txt"
SEED = 5  # it has incidents that change, flap and are opened again


def _lines(found: Figures) -> Iterator[str]:
    yield f"outages {found.outages}, detected {found.detected}, joined {found.joined}, missed {len(found.missed)}"
    yield "notices " + ", ".join(f"{reason} {count}" for reason, count in found.notices.items())
    for incident in found.incidents:
        yield ""
        yield from _told(incident)


def _told(incident: Incident) -> Iterator[str]:
    yield f"{incident.name}, since {_moment(incident.started_ms)}"
    for update in incident.updates:
        yield f"{_moment(update.at_ms)} {update.status}: {update.body}"


def _moment(at_ms: int) -> str:
    return str(timedelta(milliseconds=at_ms))


def test_ninety_days_bring_the_same_incidents_as_ever() -> None:
    text = "\n".join(_lines(figures(play(slow_world(SEED, 90))))) + "\n"
    if os.environ.get("RENEW_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()
