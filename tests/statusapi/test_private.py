"""A private page is told of to those only who may see it, whatever they ask for."""

import base64
import re
from pathlib import Path

import pytest
from starlette.routing import Route

from tests.statusapi.scene import ACME, ADMIN, CONFIG, MAINTENANCE, scene

pytestmark = pytest.mark.anyio

PASSWORD, OTHER = "page-pässword-0123456789", "other-key-0123456789"
TEXT = (
    CONFIG.replace('name = "Acme <Status>"', f'name = "Acme <Status>"\nprivate = true\npassword = "{PASSWORD}"')
    .replace('name = "Other"', f'name = "Other"\nkey = "{OTHER}"')
    .replace("[prober]", '[prober]\nmetrics_key = "metrics-key-0123456789"')
)
OPEN = ("/api/prober/", "/api/v1/", "/metrics", "/probe", "/sd/", "/-/", "/config", "/ping/", "/static/")


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


async def test_no_route_tells_of_it_without_a_key_or_the_password(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE, TEXT) as it:
        await it.see("down down")
        slug = it.views.pages["main"].incidents[0].slug
        asked = 0
        for route in it.application.routes:
            if not isinstance(route, Route) or "GET" not in (route.methods or ()):
                continue
            path = re.sub(r"{slug[^}]*}", slug, route.path.replace("{site}", "main"))
            path = re.sub(r"{name[^}]*}", "summary.json", re.sub(r"{id[^}]*}", "shop", path)).replace(
                "{month}", "2023-11"
            )
            if f"{path}/".startswith(OPEN) and "public" not in path:
                continue
            asked += 1
            answer = await it.public.get(path)
            if path.endswith(("/unsubscribe", "/subscribe/confirm")):  # a link out of a mail is what they ask for
                assert (answer.status_code, "This link is of no page here" in answer.text) == (404, True), path
            else:
                assert (answer.status_code, answer.headers["www-authenticate"][:5]) == (401, "Basic"), path
            assert not re.search("Shop|shop is|Upgrade|Acme", answer.text), path
        assert asked > 40


@pytest.mark.parametrize(
    "authorization",
    [basic(f"any:{PASSWORD}"), basic(f":{ACME}"), f"Bearer {ACME}", f"Bearer {ADMIN}", ACME],
)
async def test_who_may_see_it_does_and_no_cache_keeps_it(tmp_path: Path, authorization: str) -> None:
    async with scene(tmp_path, text=TEXT) as it:
        for path in ("/", "/s/main", "/api/v2/summary.json", "/history.atom", "/api/v1/public/dashboard/"):
            for _ in range(2):
                answer = await it.public.get(path, headers={"Authorization": authorization})
                assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-cache")
            assert (await it.public.get(path)).status_code == 401


@pytest.mark.parametrize(
    "authorization",
    [
        basic(f"{PASSWORD}:"),
        basic("x:wrong"),
        "Basic %%%",
        "Basic",
        f"Bearer {OTHER}",
        basic(f"other:{OTHER}"),
        "Bearer ",
    ],
)
async def test_others_do_not(tmp_path: Path, authorization: str) -> None:
    async with scene(tmp_path, text=TEXT) as it:
        answer = await it.public.get("/", headers={"Authorization": authorization})
        assert (answer.status_code, "Shop" in answer.text) == (401, False)
        assert (await it.public.get("/s/second")).status_code == 200  # which is public


async def test_who_guesses_is_slowed_and_noted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with scene(tmp_path, text=TEXT) as it:
        statuses = [(await it.public.get("/", auth=("", f"guess-{n}"))).status_code for n in range(22)]
        assert statuses == [401] * 20 + [429] * 2
        assert (await it.public.get("/", auth=("", PASSWORD))).status_code == 429
        assert "guess" not in caplog.text
        assert "a key that nobody has was refused to 127.0.0.1" in caplog.text


async def test_discovery_without_a_key_does_not_list_it(tmp_path: Path) -> None:
    async with scene(tmp_path, text=TEXT.replace('metrics_key = "metrics-key-0123456789"', "")) as it:
        found = (await it.public.get("/sd/prometheus")).json()
        assert [one["labels"]["check"] for one in found] == ["lone"]


async def test_it_is_refused_in_the_shape_of_what_was_asked_for(tmp_path: Path) -> None:
    async with scene(tmp_path, text=TEXT) as it:
        text = "This page is not public: expected its password, or a key."
        assert (await it.public.get("/api/v2/summary.json")).json() == {"error": text}
        assert (await it.public.get("/summary.json")).json() == {"error": {"code": "authorization", "message": text}}
        assert (await it.public.get("/api/v1/public/dashboard/")).content == b""
        assert text in (await it.public.get("/")).text
        assert (await it.public.head("/")).status_code == 401
