"""Writing in the StatusDashboard dialect: the vendor's examples, every field's limit, and what merging means."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from tests.statusapi.scene import ACME, ADMIN, MAINTENANCE, MINUTE, Scene, scene

pytestmark = pytest.mark.anyio

NUMBERED = """
[channels.mail]
kind = "email"
host = "127.0.0.1"
sender = "status@acme.example"
to = ["ops@acme.example"]
number = 1
[channels]
ops = { kind = "hipchat", base_url = "http://127.0.0.1:9", room = "Ops", token = "hush", number = 21 }
dev = { kind = "hipchat", base_url = "http://127.0.0.1:9", room = "Dev", token = "hush", number = 22 }
"""
KEY = {"Authorization": f"ApiKey acme:{ACME}"}
MASTER = {"Authorization": f"ApiKey admin:{ADMIN}"}
EVENT: dict[str, Any] = {
    "start": "2023-11-14T22:00:00",
    "status": "/api/v1/status/2/",
    "description": "API Test event",
    "type": "/api/v1/type/1/",
}


async def ask(it: Scene, method: str, path: str, fields: Any = None, **headers: str) -> httpx.Response:
    return await it.public.request(method, f"/api/v1/{path}", headers=KEY | headers, json=fields)


async def made(it: Scene, **more: Any) -> Any:
    answer = await ask(it, "POST", "event/list/", EVENT | more)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == answer.json()["resource_uri"]
    return answer.json()


async def test_an_event_is_made_updated_and_deleted_as_in_the_vendors_examples(tmp_path: Path) -> None:
    async with scene(tmp_path, NUMBERED) as it:
        services = [{"service": "/api/v1/service/1/"}, {"service": "/api/v1/service/2/"}]
        said = await made(it, event_service=services)
        assert said == {
            "auto": False,
            "coordinator": "",
            "coordinator_md": False,
            "description": "API Test event",
            "description_md": False,
            "end": None,
            "event_service": said["event_service"],
            "event_update": [],
            "hidden_admin_uptime": False,
            "hidden_db": False,
            "impact": "",
            "impact_md": False,
            "resource_uri": "/api/v1/event/list/1/",
            "severity": None,
            "start": "2023-11-14T22:00:00",
            "status": {"resource_uri": "/api/v1/status/2/", "status": "investigating"},
            "type": {"resource_uri": "/api/v1/type/1/", "type": "incident"},
            "user": "/api/v1/user/1/",
        }
        assert [one["service"]["service_name"] for one in said["event_service"]] == ["Shop", "Blog"]
        told = {"email": {"enabled": True}, "hipchat": {"enabled": True, "rooms": [21, 22]}}
        fields = {"event_update": [{"update": "Test event update."}], "notifications": told}
        answer = await ask(it, "PUT", "event/list/1/", fields)
        assert answer.status_code == 201
        assert answer.json() == said | {
            "notifications": told,
            "event_update": [
                {
                    "date": "2023-11-14T22:13:20",
                    "event": "/api/v1/event/list/1/",
                    "markdown": False,
                    "resource_uri": "/api/v1/event/update/100002/",
                    "status": {"resource_uri": "/api/v1/status/8/", "status": "update"},
                    "update": "Test event update.",
                    "user": "/api/v1/user/1/",
                }
            ],
        }
        answer = await ask(it, "DELETE", "event/list/1/")
        assert (answer.status_code, answer.content) == (204, b"")
        assert (await ask(it, "GET", "event/list/1/")).status_code == 404
        assert (await ask(it, "DELETE", "event/list/1/")).status_code == 404


async def test_what_is_not_said_stays_and_what_is_in_a_list_is_added(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await made(
            it, event_service=[{"service": "/api/v1/service/1/"}], coordinator="Ann", severity="/api/v1/severity/2/"
        )
        update = {"update": "A disk.", "status": "/api/v1/status/9/", "date": "2023-11-14T22:05:00", "markdown": True}
        service = {"service": {"resource_uri": "/api/v1/service/3/"}}
        answer = await ask(
            it, "PATCH", "event/list/1/", {"event_update": [update], "event_service": [service], "impact": "All"}
        )
        said = answer.json()
        assert answer.status_code == 202
        assert (said["coordinator"], said["impact"], said["severity"]) == ("Ann", "All", "/api/v1/severity/2/")
        assert said["status"]["status"] == "identified"
        assert [one["service"]["service_name"] for one in said["event_service"]] == ["Shop", "Mail"]
        (shown,) = said["event_update"]
        assert (shown["date"], shown["markdown"], shown["status"]["status"]) == (
            "2023-11-14T22:05:00",
            True,
            "identified",
        )
        again = (await ask(it, "PUT", "event/list/1/", {"event_service": [service]})).json()
        assert [one["service"]["service_name"] for one in again["event_service"]] == ["Shop", "Mail"]
        summary = (await it.public.get("/api/v2/summary.json")).json()
        assert [one["name"] for one in summary["incidents"][0]["components"]] == ["Shop", "Mail"]
    async with scene(tmp_path) as it:
        assert (await ask(it, "GET", "event/list/1/")).json() == again


async def test_an_end_resolves_and_a_resolution_ends(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await made(it)
        said = (await ask(it, "PUT", "event/list/1/", {"end": "2023-11-14T22:10:00"})).json()
        assert (said["end"], said["status"]["status"]) == ("2023-11-14T22:10:00", "resolved")
        await made(it)
        it.now_ms += MINUTE
        said = (await ask(it, "PUT", "event/list/2/", {"status": "/api/v1/status/7/"})).json()
        assert (said["end"], said["event_update"][-1]["update"]) == ("2023-11-14T22:14:20", "The incident is resolved.")
        answer = await ask(it, "PUT", "event/list/2/", {"status": "/api/v1/status/9/"})
        assert (answer.status_code, list(answer.json())) == (409, ["error"])


async def test_parts_of_an_event_are_made_and_deleted_by_themselves(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await made(it)
        event = {"event": "/api/v1/event/list/1/"}
        answer = await ask(it, "POST", "event/service/", event | {"service": "/api/v1/service/3/"})
        assert (answer.status_code, answer.json()["service"]["service_name"]) == (201, "Mail")
        assert (
            await ask(it, "DELETE", f"event/service/{answer.json()['resource_uri'].split('/')[-2]}/")
        ).status_code == 204
        assert (await ask(it, "GET", "event/list/1/")).json()["event_service"] == []
        answer = await ask(it, "POST", "event/update/", event | {"update": "So far."})
        assert (answer.status_code, answer.json()["update"]) == (201, "So far.")
        path = f"event/update/{answer.json()['resource_uri'].split('/')[-2]}/"
        assert (await ask(it, "DELETE", path)).status_code == 204
        assert (await ask(it, "DELETE", path)).status_code == 404
        assert "So far." not in (await it.public.get("/")).text
        answer = await ask(it, "POST", "event/update/", {"event": "/api/v1/event/list/9/", "update": "x"})
        assert answer.json() == {"event/update": {"event": ["Could not find the event."]}}


async def test_a_service_is_made_changed_hidden_and_deleted(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        answer = await ask(it, "POST", "service/", {"service_name": "Files", "group": "North", "description": "x"})
        said = answer.json()
        assert (answer.status_code, said["service_name"], said["group"], said["hidden"]) == (
            201,
            "Files",
            "North",
            False,
        )
        path = said["resource_uri"].removeprefix("/api/v1/")
        assert "Files" in (await it.public.get("/")).text
        answer = await ask(it, "PUT", path, {"hidden": True})
        assert (answer.status_code, answer.json()["hidden"], answer.json()["service_name"]) == (200, True, "Files")
        for public in (
            "/",
            "/api/v2/summary.json",
            "/api/v1/public/dashboard/",
            "/summary.json",
            "/v3/components.json",
        ):
            assert "Files" not in (await it.public.get(public)).text
        await made(it, event_service=[{"service": said["resource_uri"]}])
        answer = await ask(it, "DELETE", path)
        assert (answer.status_code, answer.json()) == (409, {"error": "The service is part of an open event."})
        await ask(it, "PUT", "event/list/1/", {"status": "/api/v1/status/7/"})
        assert (await ask(it, "DELETE", path)).status_code == 204
        answer = await ask(it, "PUT", "service/1/", {"hidden": True})
        assert answer.status_code == 409
        assert "declared in the configuration file" in answer.json()["error"]


async def test_a_hidden_event_is_on_no_public_surface(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await made(it, hidden_db=True)
        for path in ("/", "/api/v2/summary.json", "/history.atom", "/summary.json", "/api/v2/incidents.json"):
            assert "API Test event" not in (await it.public.get(path)).text
        assert (await ask(it, "GET", "event/list/1/")).json()["hidden_db"] is True


WRONG = [
    ({"description": None}, "description", "This field is required."),
    ({"start": None}, "start", "This field is required."),
    ({"type": None}, "type", "This field is required."),
    ({"type": "/api/v1/type/2/"}, "end", "This field is required."),
    ({"type": "/api/v1/type/3/"}, "type", "expected the address of a type such as /api/v1/type/1/"),
    ({"status": "/api/v1/status/3/"}, "status", "An incident can't be 'started'."),
    ({"status": "/api/v1/status/8/"}, "status", "An incident can't be 'update'."),
    ({"status": 2}, "status", "expected the address of a status such as /api/v1/status/1/"),
    ({"start": "2023-11-14T22:14:00"}, "start", "An incident may not start in the future."),
    ({"start": "soon"}, "start", "expected a date and time in UTC such as 2015-09-21T09:00:00"),
    ({"end": "2023-11-14T21:00:00"}, "end", "An event may not end before it starts."),
    ({"severity": "/api/v1/severity/4/"}, "severity", "expected the address of a severity such as /api/v1/severity/1/"),
    ({"coordinator_md": "yes"}, "coordinator_md", "expected a valid boolean"),
    ({"hidden_db": 1}, "hidden_db", "expected a valid boolean"),
    ({"event_update": [{"update": " "}]}, "event_update", "This field is required."),
    (
        {"event_update": [{"update": "x", "status": "/api/v1/status/6/"}]},
        "event_update",
        "An incident can't be 'completed'.",
    ),
]


@pytest.mark.parametrize(("fields", "field", "text"), WRONG, ids=range(len(WRONG)))
async def test_a_field_that_can_not_be_is_named_under_its_resource(
    tmp_path: Path, fields: dict[str, Any], field: str, text: str
) -> None:
    async with scene(tmp_path) as it:
        answer = await ask(it, "POST", "event/list/", EVENT | fields)
        assert (answer.status_code, answer.json()) == (400, {"event/list": {field: [text]}})
        assert it.recorder.shown.incidents == {}


LIMITS = [
    *(("event/list/", name, 1000) for name in ("coordinator", "description", "impact")),
    ("event/list/", "event_update.0.update", 1000),
    ("event/list/", "notifications.email.email_subject", 250),
    ("event/list/", "notifications.sms.sms_text", 85),
    ("event/list/", "notifications.twitter.tweet_text", 100),
    *(("service/", name, limit) for name, limit in (("service_name", 50), ("group", 50), ("description", 250))),
]


@pytest.mark.parametrize(("path", "name", "limit"), LIMITS)
async def test_every_text_has_its_limit(tmp_path: Path, path: str, name: str, limit: int) -> None:
    def fields(length: int) -> dict[str, Any]:
        *outer, last = name.split(".")
        value: Any = {last: "x" * length}
        if "notifications" in outer:
            value["enabled"] = False
        for key in reversed(outer):
            value = [value] if key == "0" else {key: value}
        told: dict[str, Any] = dict(EVENT) if path == "event/list/" else {"service_name": "x"}
        told |= value
        return told

    async with scene(tmp_path) as it:
        assert (await ask(it, "POST", path, fields(limit))).status_code == 201
        answer = await ask(it, "POST", path, fields(limit + 1))
        assert answer.status_code == 400
        assert answer.json()[path.rstrip("/")][name] == [f"expected at most {limit} characters"]


async def test_methods_that_are_not_offered_say_which_are(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        for method, path, allow in (
            ("PUT", "event/list/", "GET,HEAD,OPTIONS,POST"),
            ("DELETE", "status/1/", "GET,HEAD,OPTIONS"),
            ("PUT", "event/update/1/", "GET,HEAD,OPTIONS,POST,DELETE"),
        ):
            answer = await ask(it, method, path, {})
            assert (answer.status_code, answer.text, answer.headers["allow"]) == (405, allow, allow)
        assert (await ask(it, "POST", "event/list/1/", {})).status_code == 501
        await made(it)
        answer = await ask(it, "POST", "event/list/1/", {"impact": "x"}, **{"X-HTTP-Method-Override": "PATCH"})
        assert (answer.status_code, answer.json()["impact"]) == (202, "x")


async def test_events_and_services_of_others_look_as_if_they_did_not_exist(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down", "lone")
        for method in ("PUT", "PATCH", "DELETE"):
            for theirs, missing in (("event/list/1/", "event/list/9/"), ("service/4/", "service/99/")):
                answers = [await ask(it, method, path, {"impact": "x"}) for path in (theirs, missing)]
                assert [(one.status_code, one.content) for one in answers] == [(404, b"")] * 2
        answers = [
            await ask(it, "POST", "event/list/", EVENT | {"event_service": [{"service": f"/api/v1/service/{n}/"}]})
            for n in (4, 99)
        ]
        assert [one.status_code for one in answers] == [400, 400]
        assert answers[0].text.replace("/4/", "/99/") == answers[1].text


async def test_what_was_described_is_read_everywhere_but_is_no_update_here(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        said = await made(it, description="Slow\nA disk is full.", event_service=[{"service": "/api/v1/service/1/"}])
        assert said["event_update"] == []
        (shown,) = (await it.public.get("/api/v2/incidents/unresolved.json")).json()["incidents"]
        assert ["A disk is full." in one["body"] for one in shown["incident_updates"]] == [True]
        assert "A disk is full." in (await it.public.get("/")).text
        assert (await ask(it, "GET", "event/update/100001/")).status_code == 404
        assert (await ask(it, "DELETE", "event/update/100001/")).status_code == 404


async def test_a_hidden_service_is_told_of_nowhere_in_public(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        service = (await ask(it, "POST", "service/", {"service_name": "Vault", "hidden": True})).json()["resource_uri"]
        services = [{"service": "/api/v1/service/1/"}, {"service": service}]
        said = await made(it, event_service=services)
        work = {"type": "/api/v1/type/2/", "start": "2023-11-14T22:23:20", "end": "2023-11-14T22:43:20"}
        planned = await made(it, event_service=services, **(work | {"status": "/api/v1/status/1/"}))
        for event in (said, planned):
            assert [one["service"]["service_name"] for one in event["event_service"]] == ["Shop", "Vault"]
        slug = it.views.pages["main"].incidents[0].slug
        asked = 0
        for path in (*public_paths(it, slug), "/?at=2023-11-14T22:13:20Z"):
            answer = await it.public.get(path)
            asked += answer.status_code == 200
            assert "Vault" not in answer.text, path
        assert asked > 40
        assert (await ask(it, "DELETE", service.removeprefix("/api/v1/"))).status_code == 409  # of an open event
        for event in (said, planned):
            assert (await ask(it, "DELETE", event["resource_uri"].removeprefix("/api/v1/"))).status_code == 204
        assert (await ask(it, "DELETE", service.removeprefix("/api/v1/"))).status_code == 204


def public_paths(it: Scene, slug: str) -> list[str]:
    """Of all that needs no key, and ends."""
    paths = [route.path for route in it.application.routes if isinstance(route, Route)]
    filled = [path.replace("{site}", "main").replace("{month}", "2023-11") for path in paths]
    filled = [re.sub("{id[^}]*}", "shop", re.sub("{slug[^}]*}", slug, path)) for path in filled]
    return [path for path in filled if "{" not in path and not path.endswith("/live") and "/ping/" not in path]
