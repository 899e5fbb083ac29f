"""Readers subscribe on the page, confirm, and leave: with forms alone, and without anybody learning who they are."""

import html
import re
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from playwright.async_api import expect

from statusapi.page.subscribe import LONGEST_FORM
from statusapi.subscribers import A_DAY, A_MINUTE, LINK_A_MINUTE
from tests.browser import reading, violations
from tests.statusapi.scene import ADMIN, CONFIG, Scene, scene

pytestmark = pytest.mark.anyio

ANN = "ann@mail.example"
READERS = """
[channels.readers]
kind = "email"
host = "127.0.0.1"
sender = "status@acme.example"
subscribers = true
[subscriptions.readers]
channel = "readers"
sites = ["main"]
"""
PRIVATE = CONFIG.replace('url = "https://status.example"\n', 'url = "https://status.example"\nprivate = true\n')


@pytest.fixture
def anyio_backend() -> str:
    """One loop is enough: the forms are the same."""
    return "asyncio"


async def ask(it: Scene, address: str, path: str = "/subscribe", client: str = "192.0.2.1") -> httpx.Response:
    """client: whom a trusted proxy asks for."""
    return await it.public.post(path, data={"address": address}, headers={"X-Forwarded-For": client})


async def link(it: Scene, purpose: str, address: str = ANN) -> str:
    """What stands in the mail to that mailbox, without the host."""
    them = it.store.subscribers
    (one,) = [one for one in await them.all() if one.address == address]
    token = await them.token("leave" if purpose == "unsubscribe" else "confirm", one.site, one.id)
    return f"/{purpose}?t={token}"


async def confirmed(it: Scene) -> list[str]:
    return [one.address for one in await it.store.subscribers.all() if one.confirmed_ms is not None]


async def test_a_reader_asks_confirms_and_leaves_without_a_script(tmp_path: Path) -> None:
    async with scene(tmp_path, READERS) as it, reading(it, java_script_enabled=False) as page:
        await page.goto("/?lang=de")
        await page.get_by_label("Ihre Adresse").fill(f" {ANN.title()}")
        await page.get_by_role("button", name="Abonnieren").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Sehen Sie in Ihr Postfach")
        await page.goto(f"{await link(it, 'subscribe/confirm')}&lang=fr")
        assert await confirmed(it) == []
        await page.get_by_role("button", name="abonner").click()
        await expect(page.locator("html")).to_have_attribute("lang", "fr")
        assert await confirmed(it) == [ANN]
        await page.goto(await link(it, "unsubscribe"))
        assert await confirmed(it) == [ANN]
        await page.get_by_role("button", name="Unsubscribe").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("You get no more mails of Acme <Status>")
        assert await it.store.subscribers.all() == []


async def test_a_mail_program_unsubscribes_with_one_click_and_twice_is_as_good(tmp_path: Path) -> None:
    async with scene(tmp_path, READERS) as it:
        await ask(it, ANN)
        await it.public.post(await link(it, "subscribe/confirm"))
        leave = await link(it, "unsubscribe")
        for _ in range(2):
            answer = await it.public.post(leave, data={"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200
        assert await it.store.subscribers.all() == []
        assert "no more mails" in (await it.public.get(leave)).text


async def test_nobody_learns_from_the_answer_whether_a_mailbox_is_known(tmp_path: Path) -> None:
    async with scene(tmp_path, READERS) as it:
        first = await ask(it, ANN)
        await it.public.post(await link(it, "subscribe/confirm"))
        again, other = await ask(it, ANN), await ask(it, "bob@mail.example")
        assert first.status_code == 202
        assert first.text == again.text == other.text
        assert await confirmed(it) == [ANN]


@pytest.mark.parametrize(
    "address",
    ["", "ann", "ann@", "@mail.example", "ann@mail", "a b@mail.example", "ann@mail.example\r\nBcc: bob@mail.example",
     "ann@mail.example, bob@mail.example", "änn@mail.example", "ann@mäil.example", "x" * 65 + "@mail.example",
     "<script>@mail.example", "ann@" + "x." * 130 + "example", "ann@mail.example\0", "ann@mail..example",
     "=?utf-8?q?a=2c_b?=@mail.example"],
)  # fmt: skip
async def test_what_is_no_address_is_told_so_and_nothing_is_kept(tmp_path: Path, address: str) -> None:
    async with scene(tmp_path, READERS) as it:
        answer = await ask(it, address)
        assert (answer.status_code, "expected one such as you@example.com" in answer.text) == (400, True)
        assert await it.store.subscribers.all() == []


async def test_a_form_that_is_none_is_refused(tmp_path: Path) -> None:
    async with scene(tmp_path, READERS) as it:
        assert (await it.public.post("/subscribe", json={"address": ANN})).status_code == 415
        assert (await ask(it, "x" * LONGEST_FORM)).status_code == 413
        assert (await it.public.post("/subscribe", content=b"\xff\xfe=%ff")).status_code == 400
        assert (await it.public.put("/subscribe")).status_code == 405


@pytest.mark.parametrize("prefix", ["", "/s/main"])
async def test_the_form_s_own_address_leads_to_the_form(tmp_path: Path, prefix: str) -> None:
    async with scene(tmp_path, READERS) as it:
        answer = await it.public.get(f"{prefix}/subscribe", follow_redirects=True)
        assert (answer.status_code, str(answer.url)) == (200, f"https://status.example{prefix}/#mails")
        assert 'id="mails"' in answer.text


async def test_a_link_that_is_forged_or_too_old_does_nothing(tmp_path: Path) -> None:
    async with scene(tmp_path, READERS) as it:
        await ask(it, ANN)
        confirm = await link(it, "subscribe/confirm")
        for forged in (
            confirm[:-1],
            confirm + "0",
            confirm.replace("subscribe/confirm", "unsubscribe"),
            "/unsubscribe",
        ):
            for method in ("GET", "POST"):
                answer = await it.public.request(method, forged)
                assert (answer.status_code, "copy all of it" in answer.text) == (404, True), forged
        await it.wait(86_400_001)
        answer = await it.public.post(confirm)
        assert (answer.status_code, "ask on the page" in answer.text) == (410, True)
        assert await confirmed(it) == []


async def test_a_link_is_good_on_its_own_page_alone_and_tells_nothing_of_a_private_one(tmp_path: Path) -> None:
    private = CONFIG.replace('name = "Second"\n', 'name = "Second"\nprivate = true\n')
    async with scene(tmp_path, READERS, private) as it:
        await ask(it, ANN)
        for purpose in ("subscribe/confirm", "unsubscribe"):
            path = await link(it, purpose)
            for foreign in (f"/s/second{path}", f"https://second.example:8443{path}"):
                for method in ("GET", "POST"):
                    answer = await it.public.request(method, foreign)
                    assert (answer.status_code, "Second" in answer.text) == (404, False), (method, foreign)
        assert len(await it.store.subscribers.all()) == 1
        assert await confirmed(it) == []


async def test_the_link_of_an_old_mail_is_good_for_who_left_and_came_back(tmp_path: Path) -> None:
    async with scene(tmp_path, READERS) as it:
        await ask(it, ANN)
        old = await link(it, "unsubscribe")
        for _ in range(2):
            await it.public.post(old)
            await ask(it, ANN)
            await it.public.post(await link(it, "subscribe/confirm"))
            assert ANN in (await it.public.get(old)).text
        await it.public.post(old)
        assert await it.store.subscribers.all() == []


async def test_where_nobody_is_told_any_more_nobody_confirms_and_everybody_may_leave(tmp_path: Path) -> None:
    async with scene(tmp_path, READERS) as it:
        await ask(it, ANN)
    async with scene(tmp_path) as it:
        for method in ("GET", "POST"):
            assert (await it.public.request(method, await link(it, "subscribe/confirm"))).status_code == 410
        assert await confirmed(it) == []
        assert (await it.public.post(await link(it, "unsubscribe"))).status_code == 200
        assert await it.store.subscribers.all() == []


async def test_who_asks_again_and_again_has_to_wait(tmp_path: Path) -> None:
    async with scene(tmp_path, READERS) as it:
        answers = [(await ask(it, f"{n}@mail.example")).status_code for n in range(A_MINUTE[0] + 1)]
        assert answers == [202] * A_MINUTE[0] + [429]


async def test_a_link_that_is_opened_without_end_asks_the_store_no_more(tmp_path: Path) -> None:
    async with scene(tmp_path, READERS) as it:
        await ask(it, ANN)
        await ask(it, "bob@mail.example")
        path = await link(it, "unsubscribe")
        answers = [(await it.public.get(path)).status_code for _ in range(LINK_A_MINUTE + 1)]
        assert answers == [200] * LINK_A_MINUTE + [429]
        assert (await it.public.post(path)).status_code == 429
        assert (await it.public.get(await link(it, "unsubscribe", "bob@mail.example"))).status_code == 200
        it.now_ms += 60_000
        assert (await it.public.post(path)).status_code == 200


async def test_in_a_day_no_network_can_have_more_than_some_mailboxes_asked(tmp_path: Path) -> None:
    async with scene(tmp_path, READERS, CONFIG.replace("[prober]", '[prober]\ntrusted_proxies = ["127.0.0.1"]')) as it:
        for n in range(A_DAY[0] + 3):
            it.now_ms += 12_000
            answer = await ask(it, f"{n}@mail.example", client=f"2001:db8:1:2::{n:x}")
            assert answer.status_code == 202 or n >= A_DAY[0]
        assert (answer.status_code, int(answer.headers["Retry-After"]) > 60) == (429, True)
        assert (await ask(it, ANN, client="2001:db8:1:3::1")).status_code == 202


async def test_where_nobody_sends_to_readers_nobody_can_subscribe(tmp_path: Path) -> None:
    async with scene(tmp_path, READERS) as it:
        assert (await ask(it, ANN, "/s/second/subscribe")).status_code == 404
        assert 'action="/subscribe"' in (await it.public.get("/")).text
        assert "<form" not in (await it.public.get("/s/second")).text
        assert "<form" not in (await it.public.get("/?at=2023-11-14T22:13:20Z")).text
    async with scene(tmp_path) as it:
        assert (await ask(it, ANN)).status_code == 404
        assert "<form" not in (await it.public.get("/")).text


async def test_to_a_private_page_subscribes_who_may_read_it_and_its_mails_need_no_password(tmp_path: Path) -> None:
    async with scene(tmp_path, READERS, PRIVATE) as it:
        assert (await ask(it, ANN)).status_code == 401
        headers = {"Authorization": f"Bearer {ADMIN}"}
        answer = await it.public.post("/subscribe", data={"address": ANN}, headers=headers)
        assert answer.status_code == 202
        assert (await it.public.post(await link(it, "subscribe/confirm"))).status_code == 200
        assert (await it.public.post(await link(it, "unsubscribe"))).status_code == 200


async def test_no_other_page_can_have_a_reader_subscribe_somebody(tmp_path: Path) -> None:
    form = f"""<form method="post" action="{{}}"><input name="address" value="{ANN}"></form>
        <script>document.forms[0].submit()</script>"""
    async with scene(tmp_path, READERS) as it, reading(it) as page:
        await page.goto("/")
        other = await page.context.new_page()
        await other.goto("data:text/html," + quote(form.format(f"{page.url}subscribe")))
        await expect(other.locator("body")).to_contain_text("Another page asks for this")
        assert await it.store.subscribers.all() == []


async def test_axe_finds_nothing_in_the_forms(tmp_path: Path) -> None:
    async with scene(tmp_path, READERS) as it, reading(it) as page:
        await ask(it, ANN)
        leave = await link(it, "unsubscribe")
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
            for path in ("/", leave):
                await page.goto(path)
                assert await violations(page) == [], (scheme, path)


async def test_what_a_site_is_called_stays_text(tmp_path: Path) -> None:
    async with scene(tmp_path, READERS) as it:
        text = (await ask(it, ANN)).text
        assert html.escape("Acme <Status>") in text
        assert re.search(r"<title>[^<]*Acme &lt;Status&gt;</title>", text)
