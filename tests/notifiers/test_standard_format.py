"""The `standard` format is what its schema says. `RENEW_GOLDEN=1` writes the schema anew."""

import json
import os
from pathlib import Path
from typing import get_args

import pytest

from prober.core.model import Impact, NoticeReason
from prober.notifiers import standard_format
from prober.notifiers.standard_format import Event, payload
from tests.notifiers.parcels import PARCELS

SCHEMA = Path(__file__).parents[2] / "docs" / "notice.schema.json"


def test_the_schema_is_that_of_the_models() -> None:
    wanted = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Event.model_json_schema(mode="serialization"),
    }
    text = json.dumps(wanted, indent=2) + "\n"
    if os.environ.get("RENEW_GOLDEN"):
        SCHEMA.write_text(text)
    assert text == SCHEMA.read_text()


@pytest.mark.parametrize("about", PARCELS)
def test_every_event_fits_its_model(about: str) -> None:
    event = Event.model_validate_json(payload(PARCELS[about]))
    assert event.type == standard_format.TYPE[PARCELS[about].notice.reason]
    data = event.data
    assert [one is not None for one in (data.incident, data.change, data.maintenance)].count(True) == 1


def test_the_timestamp_is_that_of_the_event_and_not_of_the_attempt() -> None:
    assert json.loads(payload(PARCELS["incident_opened"]))["timestamp"] == "2023-11-14T22:13:20.000Z"


def test_updates_stand_oldest_first() -> None:
    incident = json.loads(payload(PARCELS["incident_reopened"]))["data"]["incident"]
    assert [update["status"] for update in incident["updates"]] == [
        *("investigating", "investigating", "monitoring", "investigating")
    ]


def test_every_word_of_ours_has_a_word_of_the_format() -> None:
    assert set(standard_format.TYPE) == set(NoticeReason) - {NoticeReason.DIGEST}
    assert set(standard_format.TYPE.values()) == set(get_args(standard_format.Type))
    assert {impact: impact.word for impact in Impact} == standard_format.IMPACT
