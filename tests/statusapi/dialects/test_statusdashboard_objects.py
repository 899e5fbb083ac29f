"""The words and numbers of the StatusDashboard dialect."""

from pathlib import Path

import pytest

from prober.core.model import Impact, IncidentStatus, MaintenanceStatus
from statusapi.auth import Principal
from statusapi.dialects import statusdashboard_objects as objects
from statusapi.dialects.statusdashboard_objects import SEVERITIES, STATUSES, Told, events, moment
from tests.statusapi.scene import CONFIG, MINUTE, scene


def test_every_state_has_a_word() -> None:
    assert set(objects.INCIDENT) == set(IncidentStatus)
    assert set(objects.MAINTENANCE) == set(MaintenanceStatus)
    assert set(objects.SEVERITY) == set(Impact)
    assert {*objects.INCIDENT.values(), *objects.MAINTENANCE.values(), objects.UPDATE} <= set(STATUSES)
    assert set(filter(None, objects.SEVERITY.values())) == set(SEVERITIES)


def test_the_numbers_that_the_vendors_documents_name_are_kept() -> None:
    assert (STATUSES[1], STATUSES[2], STATUSES[8], STATUSES[9]) == (
        "planning",
        "investigating",
        "update",
        "identified",
    )
    assert objects.TYPES == {1: "incident", 2: "maintenance"}


def test_moments_are_cut_to_the_second_and_name_no_zone() -> None:
    assert moment(1_439_223_900_999) == "2015-08-10T16:25:00"


@pytest.mark.anyio
async def test_a_text_is_cut_to_what_clients_expect(tmp_path: Path) -> None:
    work = f"""
[maintenance.long]
name = "Long"
site = "main"
start = 2023-11-15T00:00:00Z
end = 2023-11-15T01:00:00Z
description = "{"x" * 2000}"
"""
    async with scene(tmp_path, work) as it:
        (row,) = events(Told(list(it.views.pages.values()), it.views.accounts, Principal(None)))
        assert row.said["description"] == ("Long\n" + "x" * 2000)[:1000]
        assert row.said["event_update"][0]["update"] == "x" * 1000


@pytest.mark.anyio
async def test_what_an_incident_concerned_counts_as_impacted_until_it_is_over(tmp_path: Path) -> None:
    lingering = CONFIG.replace('description = "Where one buys"', 'resolve_after = "10m"')
    async with scene(tmp_path, text=lingering) as it:
        await it.see("down down up up")
        page = it.views.pages["main"]
        assert [row.said["status"] for row in objects.public(page)] == ["incident", "operational", "operational"]
        await it.wait(11 * MINUTE)
        assert objects.impacted(it.views.pages["main"]) == []
