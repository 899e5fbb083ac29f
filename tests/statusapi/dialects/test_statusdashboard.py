"""The StatusDashboard dialect: its objects, who may read them, and how it refuses. `RENEW_GOLDEN=1` writes the golden
answers anew, to be reviewed."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from statusapi.dialects import statusdashboard
from statusapi.dialects.statusdashboard import PUBLIC
from statusapi.dialects.statusdashboard_resources import RESOURCES, Resource
from tests.statusapi.scene import ACME, ADMIN, MAINTENANCE, MINUTE, Scene, is_golden, scene

pytestmark = pytest.mark.anyio

GOLDEN = Path(__file__).parent / "golden" / "statusdashboard"
KEY = {"Authorization": f"ApiKey acme:{ACME}"}
MASTER = {"Authorization": f"ApiKey admin:{ADMIN}"}
WEEKLY = """
[maintenance.weekly]
name = "Weekly"
site = "main"
start = 2023-11-16T01:00:00
rrule = "FREQ=WEEKLY"
zone = "Europe/Berlin"
duration = "1h"
"""
READ = [
    *(f"/api/v1/{resource.name}/" for resource in RESOURCES),
    *(f"/api/v1/{resource.name}/schema/" for resource in RESOURCES),
    *(f"/api/v1/{resource.name}/1/" for resource in RESOURCES),
    *(f"/api/v1/{resource.name}/set/1;2/" for resource in RESOURCES),
]
OPEN = ["/api/v1/", *(f"/api/v1/{name}/" for name in PUBLIC)]


async def eventful(it: Scene) -> None:
    """One incident over, one open, one of another account, planned work under way."""
    await it.see("down down", "lone")
    await it.see("down down up up", "blog")
    await it.wait(31 * MINUTE)
    await it.see("down down", "shop")


async def ask(it: Scene, path: str, **headers: str) -> Any:
    return await it.json(path, **(KEY | headers))


async def nums(it: Scene, path: str, key: dict[str, str] = KEY) -> list[int]:
    said = await it.json(path, **key)
    return [int(one["resource_uri"].split("/")[-2]) for one in said["objects"]]


def pretty(said: Any) -> str:
    return json.dumps(said, indent=4, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("resource", RESOURCES)
async def test_lists_and_schemas_are_as_they_were(tmp_path: Path, resource: Resource) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await eventful(it)
        for end in ("", "schema/"):
            name = f"{resource.name}/{end}".strip("/").replace("/", "-")
            assert is_golden(GOLDEN / f"{name}.json", pretty(await ask(it, f"/api/v1/{resource.name}/{end}")))


@pytest.mark.parametrize("name", PUBLIC)
async def test_public_lists_are_as_they_were(tmp_path: Path, name: str) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await eventful(it)
        said = await it.json(f"/api/v1/{name}/")
        assert is_golden(GOLDEN / f"{name.replace('/', '-')}.json", pretty(said))


async def test_the_index_leads_to_every_list_and_its_schema(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        said = await it.json("/api/v1/")
        assert is_golden(GOLDEN / "index.json", pretty(said))
        assert set(said) == {resource.name for resource in RESOURCES}
        for entry in said.values():
            for path in entry.values():
                await ask(it, path)


async def test_every_address_that_is_said_leads_to_what_it_names(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await eventful(it)
        (open_, *_) = (await ask(it, "/api/v1/event/list/?type=1"))["objects"]
        assert await ask(it, open_["resource_uri"]) == open_
        for part in (*open_["event_service"], *open_["event_update"], open_["status"], open_["type"]):
            assert await ask(it, part["resource_uri"]) == part
        for address in (open_["severity"], open_["user"]):
            assert (await ask(it, address))["resource_uri"] == address
        service = open_["event_service"][0]["service"]
        assert await ask(it, service["resource_uri"]) == service | {"hidden_notifications": False}


# What the vendor's page shows of an event, by its paths; "date" and the like are those of its parts.
SHOWN = {
    *("auto", "coordinator", "coordinator_md", "description", "description_md", "end", "event_service", "event_update"),
    *("hidden_admin_uptime", "hidden_db", "impact", "impact_md", "resource_uri", "severity", "start", "status"),
    *("type", "user"),
}


async def test_an_event_has_the_fields_of_the_vendors_own_example(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await eventful(it)
        said = await ask(it, "/api/v1/event/list/")
        assert set(said) == {"meta", "objects"}
        assert set(said["meta"]) == {"limit", "next", "offset", "previous", "total_count"}
        assert said["meta"]["limit"] == 10
        for event in said["objects"]:
            assert set(event) == SHOWN
            assert set(event["status"]) == {"resource_uri", "status"}
            assert set(event["type"]) == {"resource_uri", "type"}
            for one in event["event_service"]:
                assert set(one) == {"event", "resource_uri", "service"}
                assert set(one["service"]) == {"description", "group", "hidden", "resource_uri", "service_name"}
            for update in event["event_update"]:
                assert set(update) == {"date", "event", "markdown", "resource_uri", "status", "update", "user"}
        text = (await it.public.get("/api/v1/event/list/", headers=KEY)).text
        assert text == json.dumps(json.loads(text), sort_keys=True)


async def test_events_are_found_by_what_they_are(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE + WEEKLY) as it:
        await eventful(it)
        every = await nums(it, "/api/v1/event/list/")
        assert every == [3, 2, 21701302400, 21700697600, 21700092800, 10000000000]
        assert await nums(it, "/api/v1/event/list/?type__type=incident") == [3, 2]
        assert await nums(it, "/api/v1/event/list/?status__status=investigating") == [3]
        assert await nums(it, "/api/v1/event/list/?type=1&event_service__service__service_name=Blog") == [2]
        assert await nums(it, "/api/v1/event/list/?auto=true&end__lt=2023-11-15") == [10000000000]
        assert await nums(it, "/api/v1/event/list/?order_by=start&limit=2") == [2, 10000000000]
        said = await ask(it, "/api/v1/event/list/?limit=2&offset=2")
        assert [one["start"] for one in said["objects"]] == ["2023-11-30T00:00:00", "2023-11-23T00:00:00"]
        assert await nums(it, said["meta"]["next"]) == every[4:]


async def test_an_update_that_changes_no_status_is_an_update(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("degraded degraded", "shop")
        await it.see("down down", "shop")
        await it.see("up up", "shop")
        (event,) = (await ask(it, "/api/v1/event/list/"))["objects"]
        assert [update["status"]["status"] for update in event["event_update"]] == [
            "investigating",
            "update",
            "resolved",
        ]
        assert [update["date"] for update in event["event_update"]] == sorted(u["date"] for u in event["event_update"])


async def test_one_is_read_by_its_number_and_several_as_a_set(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        mail = await ask(it, "/api/v1/service/3/")
        assert mail["service_name"] == "Mail"
        said = await ask(it, "/api/v1/service/set/3;99;x;1;3;x/")
        assert [one["service_name"] for one in said["objects"]] == ["Mail", "Shop"]
        assert said["not_found"] == ["99", "x"]


async def test_a_slash_at_the_end_makes_no_difference(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        for path in (*READ, *OPEN):
            with_ = await it.public.get(path, headers=KEY)
            without = await it.public.get(path.rstrip("/"), headers=KEY)
            assert (with_.status_code, with_.content) == (without.status_code, without.content)


# ---------------------------------------------------------------- who may read what


LOCKED_OUT = [
    {},
    {"Authorization": ""},
    {"Authorization": "ApiKey"},
    {"Authorization": f"ApiKey {ACME}"},
    {"Authorization": f"ApiKey other:{ACME}"},
    {"Authorization": f"ApiKey admin:{ACME}"},
    {"Authorization": f"ApiKey acme:{ADMIN}"},
    {"Authorization": "ApiKey acme:"},
    {"Authorization": "ApiKey acme:wrong-key-0123456789"},
    {"Authorization": f"Bearer acme:{ACME}"},
    {"Auth": ACME},
]


async def test_without_a_name_and_its_key_nothing_is_open_and_nothing_is_said(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        for path, headers in product(READ, LOCKED_OUT):
            it.now_ms += MINUTE  # else he is slowed
            answer = await it.public.get(path, headers=headers)
            assert (answer.status_code, answer.content) == (401, b"")
            assert answer.headers["www-authenticate"] == "ApiKey"


@pytest.mark.parametrize("scheme", ["ApiKey", "apikey", "APIKEY"])
async def test_the_key_comes_in_a_header_or_in_the_query(tmp_path: Path, scheme: str) -> None:
    async with scene(tmp_path) as it:
        by_header = await it.json("/api/v1/service/", Authorization=f"{scheme} acme:{ACME}")
        by_query = await it.json(f"/api/v1/service/?username=acme&api_key={ACME}")
        assert by_header == by_query


async def test_a_key_in_the_query_is_never_said_again(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        answer = await it.public.get(f"/api/v1/status/?limit=1&offset=1&username=acme&api_key={ACME}")
        assert answer.json()["meta"]["next"] == "/api/v1/status/?limit=1&offset=2"
        assert ACME not in answer.text


async def test_an_account_sees_its_own_only_and_the_rest_as_if_it_did_not_exist(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await eventful(it)
        assert await nums(it, "/api/v1/service/") == [1, 2, 3]
        assert await nums(it, "/api/v1/service/", MASTER) == [1, 2, 3, 4]
        assert await nums(it, "/api/v1/user/") == [1]
        assert await nums(it, "/api/v1/user/", MASTER) == [1, 2]
        assert set(await nums(it, "/api/v1/event/list/", MASTER)) - set(await nums(it, "/api/v1/event/list/")) == {1}
        theirs = ["service/4", "event/list/1", "user/2", "event/update/100001", "event/service/100004"]
        for path in theirs:
            assert (await it.public.get(f"/api/v1/{path}/", headers=MASTER)).status_code == 200
            answer = await it.public.get(f"/api/v1/{path}/", headers=KEY)
            assert (answer.status_code, answer.content) == (404, b"")
            assert answer.headers["cache-control"] == "no-store"


async def test_keys_are_never_shown(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        for path in READ:
            text = (await it.public.get(path, headers=MASTER)).text
            assert ACME not in text
            assert ADMIN not in text


# ---------------------------------------------------------------- answers and refusals


async def test_an_answer_is_sent_again_only_if_it_has_changed(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        for path in ("/api/v1/event/list/", "/api/v1/event/list/?limit=5"):
            tag = (await it.public.get(path, headers=KEY)).headers["etag"]
            again = await it.public.get(path, headers=KEY | {"If-None-Match": tag})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["cache-control"] == "private, no-cache"
            assert again.headers["vary"] == "Authorization, Accept-Encoding"
            await it.see("down down", "shop" if path.endswith("/") else "blog")
            assert (await it.public.get(path, headers=KEY | {"If-None-Match": tag})).status_code == 200


async def test_public_lists_say_204_to_who_has_them(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        for name in PUBLIC:
            for path in (f"/api/v1/{name}/", f"/s/main/api/v1/{name}/?limit=1"):
                answer = await it.public.get(path)
                again = await it.public.get(path, headers={"If-None-Match": answer.headers["etag"]})
                assert (answer.status_code, again.status_code, again.content) == (200, 204, b"")


async def test_what_is_public_is_the_pages(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await eventful(it)
        said = await it.json("/api/v1/public/service/impacted/")
        assert [(one["name"], one["status"]) for one in said["objects"]] == [
            ("Shop", "incident"),
            ("Mail", "maintenance"),
        ]
        second = await it.json("/s/second/api/v1/public/dashboard/")
        assert [(one["name"], one["status"]) for one in second["objects"]] == [("Lone", "incident")]
        first = await it.json("/s/main/api/v1/public/dashboard/?limit=1")
        assert first["meta"]["next"] == "/s/main/api/v1/public/dashboard/?limit=1&offset=1"
        assert (await it.public.get("/s/none/api/v1/public/dashboard/")).status_code == 404


@pytest.mark.parametrize("method", ["OPTIONS", "POST", "PUT", "PATCH", "DELETE"])
async def test_options_say_what_is_offered_and_writing_is_refused_in_the_same_words(
    tmp_path: Path, method: str
) -> None:
    async with scene(tmp_path) as it:
        written = {f"/api/v1/{r.name}/{end}" for r in RESOURCES if r.writes for end in ("", "1/")}
        for path in (*READ, *OPEN):
            for one in () if path in written else (path, path.rstrip("/")):
                answer = await it.public.request(method, one)
                assert (answer.status_code, answer.text) == (200 if method == "OPTIONS" else 405, "GET,HEAD,OPTIONS")
                assert answer.headers["allow"] == "GET,HEAD,OPTIONS"


async def test_head_is_answered_as_get_is_without_a_body(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down")
        for path in (*READ, *OPEN):
            get, head = await it.public.get(path, headers=KEY), await it.public.head(path, headers=KEY)
            assert (get.status_code, get.headers.get("etag")) == (head.status_code, head.headers.get("etag"))
            assert head.content == b""


MISSING = ["/api/v1/none/", "/api/v1/service/x/", "/api/v1/service/01/", "/api/v1/event/", "/api/v1/event/list/99/"]


async def test_what_is_missing_is_a_404_that_says_nothing(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        for path in (*MISSING, "/api/v1/event/list/1/none/", "/s/main/api/v1/service/"):
            answer = await it.public.get(path, headers=KEY)
            assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("limit=x", "Invalid limit 'x' provided. Please provide a positive integer."),
        ("description=x", "The 'description' field does not allow filtering."),
        ("status__resource_uri=x", "The 'status__resource_uri' field does not allow filtering."),
        ("order_by=nothing", "No matching 'nothing' field for ordering on."),
        ("order_by=event_service__service", "The 'event_service__service' field does not allow ordering."),
        ("format=xml", "The format 'xml' is not offered; expected 'json'."),
    ],
)
async def test_a_question_that_cannot_be_answered_is_a_400_that_says_why(tmp_path: Path, query: str, text: str) -> None:
    async with scene(tmp_path) as it:
        answer = await it.public.get(f"/api/v1/event/list/?{query}", headers=KEY)
        assert (answer.status_code, answer.json()) == (400, {"error": text})


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("*/*", 200),
        ("application/json", 200),
        ("text/html, application/*;q=0.5", 200),
        ("text/html,application/xml", 406),
        ("text/xml", 406),
    ],
)
async def test_answers_are_json_or_none(tmp_path: Path, accept: str, status: int) -> None:
    async with scene(tmp_path) as it:
        answer = await it.public.get("/api/v1/status/", headers=KEY | {"Accept": accept})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
        assert ("error" in answer.json()) is (status == 406)


async def test_a_fault_of_ours_is_an_error_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret of ours")

    async with scene(tmp_path) as it:
        monkeypatch.setattr(statusdashboard, "listed", fail)
        answer = await it.public.get("/api/v1/service/?limit=1", headers=KEY)
        assert answer.status_code == 500
        assert answer.json() == {"error_message": "The server has a fault of its own; its log says more."}
