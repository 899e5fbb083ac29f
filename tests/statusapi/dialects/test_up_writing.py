"""Putting and deleting in the UP dialect: what is made holds, survives, and is the account's own."""

from pathlib import Path
from typing import Any

import pytest

from prober.core.model import MaintenanceStatus, Status
from statusapi.dialects.up_objects import MAINTENANCE as MAINTENANCE_WORDS
from tests.statusapi.scene import ACME, ADMIN, MAINTENANCE, Scene, scene

pytestmark = pytest.mark.anyio


async def ask(it: Scene, method: str, path: str, by: str = ACME, **fields: Any) -> tuple[int, Any]:
    answer = await it.up.request(
        method, path, headers={"Auth": by}, **({"json": fields} if method == "PUT" else {"content": b""})
    )
    (said,) = answer.json()
    return answer.status_code, said


async def put(it: Scene, path: str, by: str = ACME, **fields: Any) -> Any:
    status, said = await ask(it, "PUT", path, by, **fields)
    assert status == 200, said
    assert said["spec"] == "put"
    return said


async def test_a_component_is_made_shown_stated_and_there_after_a_restart(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        said = await put(it, "/components/acme", id="api", name="API", status="OPERATIONAL", parent="web")
        assert (said["id"], said["type"], said["result"]["status"]) == ("api", "components", "OPERATIONAL")
        assert (said["result"]["site"], said["result"]["parent"]) == ("main", "web")
        it.now_ms += 60_000
        said = await put(it, "/component/api/", status="majoroutage")
        assert (said["result"]["name"], said["result"]["status"]) == ("API", "MAJOROUTAGE")
        assert "API" in (await it.public.get("/")).text
        summary = (await it.public.get("/api/v2/summary.json")).json()
        assert summary["status"]["description"] == "Partial System Outage"
        assert summary["incidents"] == []  # what a person states is told by a person
    async with scene(tmp_path) as it:
        assert it.recorder.shown.components["api"].status is Status.MAJOR
        status, said = await ask(it, "DELETE", "/components/api")
        assert (status, said) == (200, {"id": "api", "spec": "del", "type": "components"})
        assert (await ask(it, "GET", "/components/api"))[0] == 404
        assert (await ask(it, "DELETE", "/components/api"))[0] == 404
        assert "API" not in (await it.public.get("/")).text


async def test_a_site_is_made_with_all_that_is_nested_in_it(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        components = [{"id": "db", "name": "Database"}, {"name": "Cache", "status": "DEGRADEDPERFORMANCE"}]
        incidents = [{"name": "Slow", "component": "db", "status": "IDENTIFIED", "body": "A disk."}]
        said = await put(it, "/sites/inner", name="Inner", components=components, incidents=incidents)
        result = said["result"]
        assert [c["name"] for c in result["components"]] == ["Database", "Cache"]
        assert len(result["components"][1]["id"]) == 20
        assert [(i["name"], i["status"], i["component"]) for i in result["incidents"]] == [("Slow", "IDENTIFIED", "db")]
        # what was read can be put back, and changes nothing
        again = await put(it, "/sites/inner", **{k: v for k, v in result.items() if k != "maintenance"})
        assert again["result"] == result
        assert (await it.public.get("/s/inner/api/v2/summary.json")).json()["page"]["name"] == "Inner"
        assert (await ask(it, "DELETE", "/sites/inner"))[0] == 200
        assert [c["id"] for c in (await ask(it, "GET", "/components"))[1]["result"]] == ["shop", "blog", "mail"]


async def test_one_mistake_makes_nothing(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        nested = [{"id": "db", "name": "Database"}, {"id": "shop", "name": "Mine"}]
        status, said = await ask(it, "PUT", "/sites/inner", name="Inner", components=nested)
        assert (status, said["error"]) == (409, "exists")
        assert "declared in the configuration file" in said["text"]
        assert (await ask(it, "GET", "/sites/inner"))[0] == 404


@pytest.mark.parametrize("path", ["/sites/main", "/components/shop", "/accounts/acme"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_what_the_configuration_declares_is_changed_there(tmp_path: Path, path: str, method: str) -> None:
    async with scene(tmp_path) as it:
        status, said = await ask(it, method, path, ADMIN, name="Other")
        assert (status, said["error"]) == (409, "exists")
        assert "is declared in the configuration file, and is changed there." in said["text"]


async def test_an_account_is_made_with_a_key_that_is_told_once(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        sites = [{"id": "bobs", "name": "Bob's", "components": [{"id": "b", "name": "B"}]}]
        said = await put(it, "/accounts/", ADMIN, id="bob", name="Bob", sites=sites)
        key = said["result"]["key"]
        assert (said["id"], len(key)) == ("bob", 40)
        assert [s["id"] for s in (await ask(it, "GET", "/sites", key))[1]["result"]] == ["bobs"]
        assert (await put(it, "/accounts/bob", ADMIN, name="Robert"))["result"]["key"] == []
        assert (await ask(it, "GET", "/sites", key))[0] == 200
        fresh = (await put(it, "/accounts/bob", ADMIN, key=""))["result"]
        assert (fresh["name"], len(fresh["key"])) == ("Robert", 40)
        assert (await ask(it, "GET", "/sites", key))[0] == 401
        assert (await ask(it, "PUT", "/accounts/", ACME, id="eve"))[0] == 403
        assert (await ask(it, "DELETE", "/accounts/bob", ADMIN))[0] == 200
        assert (await ask(it, "GET", "/sites", fresh["key"]))[0] == 401
        assert (await ask(it, "GET", "/sites/bobs", ADMIN))[0] == 404


async def test_an_incident_is_opened_updated_resolved_and_withdrawn(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        said = await put(it, "/incidents/acme", name="Slow", component="mail", impact="PARTIALOUTAGE", body="A disk.")
        result, path = said["result"], f"/incidents/{said['id']}"
        assert (result["status"], result["impact"], result["component"]) == ("INVESTIGATING", "PARTIALOUTAGE", "mail")
        said = await put(it, path, status="IDENTIFIED")
        assert said["result"]["incident_updates"][-1]["body"] == "The incident is identified."
        assert (await ask(it, "PUT", path, name="Other"))[0] == 400
        assert (await put(it, path, status="RESOLVED", body="Done."))["result"]["resolved_at"] != []
        assert (await ask(it, "DELETE", path))[0] == 200
        assert (await ask(it, "GET", path))[0] == (await ask(it, "PUT", path, body="x"))[0] == 404
        assert "Slow" not in (await it.public.get("/")).text
        said = await put(it, "/incidents/acme", name="Short", status="RESOLVED")
        assert said["result"]["status"] == "RESOLVED"


async def test_an_open_incident_is_resolved_before_it_is_out_of_sight(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down")
        (shown,) = (await ask(it, "GET", "/incidents"))[1]["result"]
        assert (await ask(it, "DELETE", f"/incidents/{shown['id']}"))[0] == 200
        assert it.recorder.shown.incidents == {}
        assert (await ask(it, "GET", "/incidents"))[1]["result"] == []


async def test_a_subscription_is_made_changed_and_carries_a_callback(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        secret = "whsec_" + "QUFB" * 8
        told: dict[str, Any] = {
            "endpoint": "https://hooks.example/x",
            "secret": secret,
            "site": "main",
            "components": ["shop"],
        }
        said = await put(it, "/subscriptions/acme", id="ops", name="Ops", **told)
        assert (said["result"]["endpoint"], said["result"]["secret"]) == ("https://hooks.example/x", [])
        policy = it.recorder.policy.subscriptions["ops"]
        assert (policy.channel, *policy.sites, *policy.components) == ("api:ops", "main", "shop")
        await put(it, "/subscriptions/ops", endpoint="https://hooks.example/y")
        await it.see("down down")
        (first, *_) = await it.store.outbox.pending("api:ops", 9)
        assert first.notice.subscription == "ops"
        assert (await ask(it, "DELETE", "/subscriptions/ops"))[0] == 200
        assert it.recorder.policy.subscriptions == {}


@pytest.mark.parametrize(
    "endpoint",
    [
        *("http://localhost/", "http://127.0.0.1:9/", "http://[::1]/", "http://10.0.0.1/", "http://169.254.169.254/"),
        *("http://2130706433/", "http://db.internal/", "ftp://x.example/", "https://u:p@x.example/", "x", 5, [], ""),
    ],
)
async def test_a_callback_goes_to_public_hosts_only(tmp_path: Path, endpoint: Any) -> None:
    async with scene(tmp_path) as it:
        status, said = await ask(it, "PUT", "/subscriptions/acme", name="Ops", endpoint=endpoint)
        assert (status, said["error"]) == (400, "format")


async def test_metrics_are_those_of_the_prober_and_those_that_are_put(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("up up down up")
        said = (await ask(it, "GET", "/metrics/shop:response_time"))[1]["result"][0]
        assert (said["suffix"], said["component"], [point["value"] for point in said["data"]]) == (
            "ms",
            "shop",
            [1.0] * 3,
        )
        assert (await ask(it, "GET", "/metrics/shop:uptime"))[1]["result"][0]["suffix"] == "%"
        data = [{"timestamp": 1000 * n, "value": n} for n in range(1, 4)]
        said = await put(it, "/metrics/load", name="Load", suffix="%", data=data)
        assert said["result"]["data"] == [{"timestamp": 1000 * n, "value": float(n)} for n in range(1, 4)]
        await put(it, "/metrics/load", data=[{"timestamp": 2000, "value": 9}])
        said = (await ask(it, "GET", "/metrics/load?from=2000&to=2999"))[1]["result"][0]
        assert (said["name"], said["data"]) == ("Load", [{"timestamp": 2000, "value": 9.0}])
        assert len((await ask(it, "GET", "/metrics"))[1]["result"]) == 7
        assert (await ask(it, "PUT", "/metrics/shop:uptime", data=[]))[0] == 409
        assert (await ask(it, "GET", "/metrics/load?from=x"))[0] == 400
        assert (await ask(it, "DELETE", "/metrics/load"))[0] == 200
        assert (await ask(it, "GET", "/metrics/load"))[0] == 404


async def test_maintenance_is_read(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        (said,) = (await ask(it, "GET", "/maintenance"))[1]["result"]
        assert (said["id"], said["status"], said["duration"]) == ("upgrade", "NOTSTARTEDYET", 60)
        assert (await ask(it, "GET", "/maintenance/upgrade"))[1]["result"] == [said]


def test_every_status_of_a_maintenance_has_its_word() -> None:
    assert set(MAINTENANCE_WORDS) == set(MaintenanceStatus)


async def test_maintenance_that_a_person_has_planned_and_ended_is_read(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        fields = {"site": "main", "name": "Move", "components": ["shop"], "duration": "1h"}
        path, headers = "/api/prober/v1/maintenances", {"Authorization": f"Bearer {ACME}"}
        made = (await it.public.post(path, headers=headers, json=fields)).json()
        (said,) = (await ask(it, "GET", "/maintenance"))[1]["result"]
        assert (said["id"], said["status"], said["components"]) == (made["id"], "INPROGRESS", ["shop"])
        await it.public.post(f"{path}/{made['id']}/end", headers=headers, json={"body": "Done."})
        (said,) = (await ask(it, "GET", f"/maintenance/{made['id']}"))[1]["result"]
        assert (said["status"], said["maintenance_updates"][-1]["body"]) == ("COMPLETED", "Done.")


async def test_an_id_of_another_account_is_taken_and_what_is_theirs_is_not_there(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        status, said = await ask(it, "PUT", "/components/lone", name="Mine")
        assert (status, said) == (409, {"error": "exists", "text": "This id is taken."})
        assert await ask(it, "DELETE", "/components/lone") == await ask(it, "DELETE", "/components/none")
        assert (await ask(it, "PUT", "/components/mine", name="Mine", site="second"))[0] == 400
        assert (await ask(it, "PUT", "/components/mine", name="Mine", account="other"))[0] == 400


@pytest.mark.parametrize(
    ("path", "fields", "expected"),
    [
        ("/components/acme", {"name": "a\nb"}, "name: expected a name"),
        ("/components/acme", {"name": 5}, "name: expected a name"),
        ("/components/acme", {"status": "BROKEN"}, "status: expected one of OPERATIONAL"),
        ("/components/acme", {"status": "UNDERMAINTENANCE"}, "status: expected one of OPERATIONAL"),
        ("/components/-", {"name": "x"}, "id: expected 1 to 64"),
        ("/sites/acme", {"components": 5}, "components: expected"),
        ("/incidents/acme", {}, "name: expected a value, found none"),
        ("/incidents/acme", {"name": "x", "components": ["lone"]}, "components: expected components of the site"),
        ("/metrics/acme", {"data": [{"timestamp": -1, "value": 1}]}, "data.0.timestamp: expected"),
        ("/subscriptions/acme", {"endpoint": "https://x.example", "secret": "x"}, 'secret: expected "whsec_"'),
        ("/subscriptions/acme", {"endpoint": "https://x.example", "components": ["lone"]}, "components: expected"),
    ],
)
async def test_a_field_that_can_not_be_is_named(
    tmp_path: Path, path: str, fields: dict[str, Any], expected: str
) -> None:
    async with scene(tmp_path) as it:
        status, said = await ask(it, "PUT", path, **fields)
        assert (status, said["error"]) == (400, "format")
        assert said["text"].startswith(expected)
