"""The read model: what a reader is shown, and when it is made anew."""

from pathlib import Path

import pytest

from prober.core.model import Indicator, MaintenanceStatus, Status
from statusapi.nouns import ComponentView, GroupView
from statusapi.views import RECENT, Views
from tests.builders import T0
from tests.statusapi.scene import MAINTENANCE, MINUTE, scene

pytestmark = pytest.mark.anyio


async def test_a_group_stands_where_its_first_component_stands_and_shows_the_worst_of_them(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down", "blog")
        page = it.views.pages["main"]
        group, mail = page.entries
        assert isinstance(group, GroupView)
        assert isinstance(mail, ComponentView)
        assert (group.id, group.position, group.status) == ("web", 1, Status.MAJOR)
        assert [(c.id, c.position, c.status) for c in group.components] == [
            ("shop", 1, Status.OPERATIONAL),
            ("blog", 2, Status.MAJOR),
        ]
        assert (mail.id, mail.position, mail.group) == ("mail", 2, None)
        assert [c.id for c in page.components] == ["shop", "blog", "mail"]
        assert page.headline.indicator is Indicator.MAJOR


async def test_what_was_never_probed_is_not_called_watched(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        assert not it.views.pages["main"].watched
        await it.see("up up")
        page = it.views.pages["main"]
        assert (page.watched, [c.watched for c in page.components]) == (True, [True, False, False])


async def test_a_page_that_came_out_equal_stays_the_same_object(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        main, second = it.views.pages.values()
        await it.see("down down", "lone")
        assert it.views.pages["main"] is main
        assert it.views.pages["second"] is not second
        pages = it.views.pages
        await it.see("down down down", "lone")
        assert it.views.pages is pages


async def test_an_incident_is_known_open_and_afterwards(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down")
        (incident,) = it.views.pages["main"].incidents
        assert (incident.is_open, incident.url) == (True, f"https://status.example/incidents/{incident.slug}")
        await it.see("up up up")
        page = it.views.pages["main"]
        assert page.incidents == ()
        closed = page.incident(incident.slug)
        assert closed is not None
        assert closed.resolved_ms is not None
        assert page.incident("other") is None


async def test_incidents_of_the_past_come_from_the_store_after_a_restart(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down up up")
        before = it.views.pages["main"].recent
        recent = await it.store.recent_incidents("main", 5)
        again = Views(it.config, it.recorder, recent, await it.store.component_changes(0), it.clock)
        assert again.pages["main"].recent == before
        assert len(before) == 1


async def test_only_the_newest_incidents_are_kept(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        for _ in range(RECENT + 3):
            await it.see("down down up up")
            await it.wait(MINUTE)
        recent = it.views.pages["main"].recent
        assert [i.num for i in recent] == list(range(RECENT + 3, 3, -1))


async def test_maintenance_comes_and_goes_by_the_clock_alone(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        seen = []
        for minutes in (0, 30, 60):
            await it.wait(minutes * MINUTE)
            (work,) = it.views.pages["main"].maintenances
            mail = it.views.pages["main"].components[2]
            seen.append((work.status, len(work.updates), mail.status))
        assert seen == [
            (MaintenanceStatus.PLANNING, 1, Status.OPERATIONAL),
            (MaintenanceStatus.INPROGRESS, 2, Status.MAINTENANCE),
            (MaintenanceStatus.COMPLETED, 3, Status.OPERATIONAL),
        ]


@pytest.mark.parametrize(
    ("site", "host", "found"),
    [
        ("second", None, "second"),
        ("none", "status.example", None),
        (None, "status.example", "main"),
        (None, "Status.Example:80", "main"),
        (None, "second.example:8443", "second"),
        (None, "second.example", "second"),
        (None, "elsewhere", "main"),
        (None, "[::", "main"),
        (None, None, "main"),
    ],
)
async def test_a_site_is_found_by_its_id_then_by_host_and_else_the_first_answers(
    tmp_path: Path, site: str | None, host: str | None, found: str | None
) -> None:
    async with scene(tmp_path) as it:
        page = it.views.find(site, host)
        assert (page and page.site) == found


async def test_no_secret_and_no_address_is_in_a_view(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down")
        said = repr((it.views.pages, it.views.accounts))
        assert [word for word in ("127.0.0.1", "key-0123456789") if word in said] == []


async def test_an_outage_is_in_the_bar_of_its_day_and_goes_on_growing_without_a_change(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("up")
        await it.wait(10 * MINUTE)
        await it.see("down down")
        seen = []
        for minutes in (0, 1, 6, 10):
            await it.wait(minutes * MINUTE)
            bar = it.views.pages["main"].components[0].bars[-1]
            seen.append((bar.worst, bar.down_s, bar.outages))
        # It began at 22:23:22 and was decided a second later; the steps come at 22:25, 22:30, ...
        assert seen == [(Status.MAJOR, down_s, 1) for down_s in (1, 1, 398, 998)]


async def test_a_page_whose_figures_stand_still_stays_the_same_object(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("up", "lone")
        second = it.views.pages["second"]
        await it.wait(30 * MINUTE)
        assert it.views.pages["second"] is second
        await it.wait(90 * MINUTE)
        assert [bar.date.day for bar in it.views.pages["second"].components[0].bars[-2:]] == [14, 15]


async def test_the_past_comes_from_the_store_after_a_restart(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("up down down up up")
        before = it.views.pages["main"].components
        again = Views(it.config, it.recorder, [], await it.store.component_changes(0), it.clock)
        assert again.pages["main"].components == before
        assert before[0].bars[-1].down_s == 2


WEEKLY = """
[maintenance.weekly]
name = "Restart"
site = "main"
start = 2023-11-01T22:23:20
rrule = "FREQ=WEEKLY"
duration = "10m"
"""


async def test_work_that_recurs_shows_the_next_few_times(tmp_path: Path) -> None:
    async with scene(tmp_path, WEEKLY) as it:
        works = it.views.pages["main"].maintenances
        assert [(w.status.value, w.start_ms - T0) for w in works] == [
            ("planning", 600_000 + days * 86_400_000) for days in (15, 8, 1)
        ]
        await it.wait(86_400_000 + 10 * MINUTE)
        page = it.views.pages["main"]
        assert [w.status.value for w in page.maintenances].count("inprogress") == 1
        assert {c.status for c in page.components} == {Status.MAINTENANCE}


async def test_numbers_are_places_in_the_configuration_and_no_two_things_share_one(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE + WEEKLY) as it:
        pages = it.views.pages.values()
        assert {c.id: c.num for page in pages for c in page.components} == {"shop": 1, "blog": 2, "mail": 3, "lone": 4}
        nums = {work.id: work.num for page in pages for work in page.maintenances}
        assert nums["upgrade"] == 10_000_000_000
        assert nums["weekly@1700087000"] == 21_700_087_000
        assert len(set(nums.values())) == len(nums) == 4
