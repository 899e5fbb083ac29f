"""The feeds, read by a strict parser. `RENEW_GOLDEN=1` writes the golden answers anew, to be reviewed."""

import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import pytest

from prober.core.model import MaintenanceStatus
from statusapi.page import feeds
from statusapi.page.calendar import escaped
from tests.statusapi.scene import CONFIG, MAINTENANCE, MINUTE, Scene, is_golden, scene

pytestmark = pytest.mark.anyio

GOLDEN = Path(__file__).parent / "golden" / "feeds"
ATOM = "{http://www.w3.org/2005/Atom}"


async def eventful(it: Scene) -> None:
    """One incident over, one open, planned work under way."""
    await it.see("down down up up", "blog")
    await it.wait(31 * MINUTE)
    await it.see("down down", "shop")


async def read(it: Scene, path: str, **headers: str) -> ElementTree.Element:
    answer = await it.public.get(path, headers=headers)
    assert answer.status_code == 200
    return ElementTree.fromstring(answer.content)


def text(element: ElementTree.Element, name: str) -> str:
    return element.findtext(name) or ""


def test_every_state_has_a_word() -> None:
    assert set(feeds.MAINTENANCE) == set(MaintenanceStatus)


@pytest.mark.parametrize("name", ["history.atom", "history.rss"])
async def test_feeds_are_as_they_were(tmp_path: Path, name: str) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await eventful(it)
        assert is_golden(GOLDEN / name, (await it.public.get(f"/{name}")).text)


async def test_atom_has_all_that_its_rules_ask_for(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await eventful(it)
        feed = await read(it, "/history.atom")
        assert feed.tag == f"{ATOM}feed"
        assert text(feed, f"{ATOM}id") == "tag:status.example,2005:/history"
        entries = feed.findall(f"{ATOM}entry")
        for element in (feed, *entries):
            assert text(element, f"{ATOM}title")
            datetime.fromisoformat(text(element, f"{ATOM}updated"))
            links = {link.get("rel"): link.get("href") for link in element.findall(f"{ATOM}link")}
            assert str(links["alternate"]).startswith("https://status.example")
        assert text(feed, f"{ATOM}author/{ATOM}name") == "Acme <Status>"
        ids = [text(entry, f"{ATOM}id") for entry in entries]
        assert len(set(ids)) == 3
        assert all(re.fullmatch(r"tag:status\.example,2005:Incident/[a-z0-9]{12}", one) for one in ids)
        published = [text(entry, f"{ATOM}published") for entry in entries]
        assert published == sorted(published, reverse=True)
        assert max(text(entry, f"{ATOM}updated") for entry in entries) == text(feed, f"{ATOM}updated")


async def test_the_first_strong_word_of_an_entry_is_where_it_stands(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await eventful(it)
        feed = await read(it, "/history.atom")
        contents = {text(e, f"{ATOM}title"): text(e, f"{ATOM}content") for e in feed.findall(f"{ATOM}entry")}
        states = {title: re.findall("<strong>(.*?)</strong>", content)[0] for title, content in contents.items()}
        assert states == {"Shop is down": "Investigating", "Blog is down": "Resolved", "Upgrade": "In progress"}
        assert re.match(
            r"<p><small>Nov 14, 22:44 UTC</small><br><strong>Investigating</strong> - ", contents["Shop is down"]
        )


async def test_rss_has_all_that_its_rules_ask_for(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await eventful(it)
        root = await read(it, "/history.rss")
        channel = root.find("channel")
        assert channel is not None
        assert (root.tag, root.get("version")) == ("rss", "2.0")
        assert text(channel, "link") == "https://status.example"
        assert text(channel, "description")
        items = channel.findall("item")
        assert len({text(item, "guid") for item in items}) == 3
        for item in items:
            assert text(item, "guid") == text(item, "link") != ""
            assert parsedate_to_datetime(text(item, "pubDate")).utcoffset() is not None
        atom = await read(it, "/history.atom")
        told = [text(entry, f"{ATOM}content") for entry in atom.findall(f"{ATOM}entry")]
        assert [text(item, "description") for item in items] == told


async def test_feeds_without_anything_to_tell_are_feeds(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        assert text(await read(it, "/history.atom"), f"{ATOM}updated") == "2023-11-14T22:13:20Z"
        assert (await read(it, "/history.rss")).find("channel/item") is None


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "]]>", "&amp;&#0;", "\\u0000\\u000b\\uFFFF", "'\\\"><x"]
)
async def test_hostile_text_stays_text(tmp_path: Path, hostile: str) -> None:
    said = hostile.encode().decode("unicode_escape")
    work = MAINTENANCE.replace("Mail is late", hostile)
    async with scene(tmp_path, work, CONFIG.replace("Shop", "<b>&Shop]]>")) as it:
        await it.see("down down")
        for path in ("/history.atom", "/history.rss"):
            feed = await read(it, path)
            contents = [e.text or "" for e in feed.iter() if e.tag in (f"{ATOM}content", "description")]
            assert len(contents) >= 2
            markup = {tag for content in contents for tag in re.findall("<([^ >]*)", content)}
            assert markup <= {"p", "/p", "small", "/small", "br", "strong", "/strong"}
            assert "<b>&Shop]]> is down" in [e.text for e in feed.iter()]
        ics = (await it.public.get("/maintenance.ics")).text.replace("\r\n ", "")
        assert escaped(said) in ics


@pytest.mark.parametrize("path", feeds.FEEDS)
async def test_a_site_is_found_by_host_and_by_id(tmp_path: Path, path: str) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down", "lone")
        by_host = await it.public.get(path, headers={"Host": "second.example:8443"})
        by_id = await it.public.get(f"/s/second{path}")
        assert by_host.text == by_id.text != (await it.public.get(path)).text
        assert "second.example:8443" in by_id.text


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/history.atom", "application/atom+xml; charset=utf-8"),
        ("/history.rss", "application/rss+xml; charset=utf-8"),
        ("/maintenance.ics", "text/calendar; charset=utf-8"),
    ],
)
async def test_a_feed_is_sent_again_only_if_it_has_changed(tmp_path: Path, path: str, media_type: str) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        answer = await it.public.get(path)
        assert answer.headers["content-type"] == media_type
        assert answer.headers["cache-control"] == "public, max-age=60"
        tag = answer.headers["etag"]
        again = await it.public.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        await it.wait(31 * MINUTE)
        assert (await it.public.get(path, headers={"If-None-Match": tag})).status_code == 200


@pytest.mark.parametrize("site", ["", "/s/main"])
async def test_the_page_tells_where_its_feeds_are(tmp_path: Path, site: str) -> None:
    async with scene(tmp_path) as it:
        page = (await it.public.get(f"{site}/")).text
        for href in re.findall('<link rel="alternate"[^>]* href="([^"]*)">', page):
            assert (await it.public.get(href)).status_code == 200
        assert [href for path in feeds.FEEDS for href in re.findall(f'<link [^>]*href="{site}{path}">', page)] != []


async def test_errors_are_read_by_people(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        for path in feeds.FEEDS:
            answer = await it.public.get(f"/s/none{path}")
            assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
            for method, site in product(["POST", "PUT", "PATCH", "DELETE"], ["", "/s/main"]):
                answer = await it.public.request(method, f"{site}{path}")
                assert (answer.status_code, answer.headers["content-type"]) == (405, "text/html; charset=utf-8")
                assert "This method is not offered here." in answer.text
