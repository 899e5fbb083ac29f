"""The UP dialect, field by field, and who may see what. `RENEW_GOLDEN=1` writes the golden answers anew."""

import json
from pathlib import Path
from typing import Any

import pytest

from prober import __version__
from tests.statusapi.scene import ACME, ADMIN, Scene, is_golden, scene

pytestmark = pytest.mark.anyio

GOLDEN = Path(__file__).parent / "golden" / "up"
PLURALS = ["accounts", "sites", "components", "incidents"]


async def ask(it: Scene, path: str, key: str | None = ADMIN, status: int = 200) -> Any:
    answer = await it.up.get(path, headers={} if key is None else {"Auth": key})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    (said,) = answer.json()
    return said


async def eventful(it: Scene) -> None:
    await it.see("down down", "lone")
    await it.see("down down up up", "blog")
    await it.see("down down", "shop")


@pytest.mark.parametrize("plural", PLURALS)
async def test_lists_are_as_they_were(tmp_path: Path, plural: str) -> None:
    async with scene(tmp_path) as it:
        await eventful(it)
        answer = await it.up.get(f"/{plural}", headers={"Auth": ADMIN})
        assert is_golden(GOLDEN / f"{plural}.json", answer.text)


async def test_an_answer_is_one_object_in_a_list_its_keys_sorted_with_a_line_end(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        text = (await it.up.get("/sites", headers={"Auth": ADMIN})).text
        assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"


@pytest.mark.parametrize("path", ["/sites", "/sites/", "/site", "/site/"])
async def test_words_are_plural_or_singular_with_and_without_a_slash(tmp_path: Path, path: str) -> None:
    async with scene(tmp_path) as it:
        assert [s["id"] for s in (await ask(it, path))["result"]] == ["main", "second"]


async def test_one_object_is_read_by_its_id_and_an_accounts_by_the_accounts(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await eventful(it)
        said = await ask(it, "/components/mail/")
        assert (said["spec"], said["type"]) == ("get", "components")
        assert [c["name"] for c in said["result"]] == ["Mail"]
        said = await ask(it, "/components/acme")
        assert [c["id"] for c in said["result"]] == ["shop", "blog", "mail"]
        (newest, *_) = (await ask(it, "/incidents"))["result"]
        assert (await ask(it, f"/incidents/{newest['id']}"))["result"] == [newest]
        assert [a["id"] for a in (await ask(it, "/accounts/other"))["result"]] == ["other"]


@pytest.mark.parametrize("plural", PLURALS)
@pytest.mark.parametrize("key", [None, "", "unknown-key-0123456789", "acme"])
async def test_without_a_known_key_nothing_is_open(tmp_path: Path, plural: str, key: str | None) -> None:
    async with scene(tmp_path) as it:
        for path in (f"/{plural}", f"/{plural}/acme"):
            said = await ask(it, path, key, 401)
            assert said == {"error": "Authorization", "text": "Expected a known key in the header Auth."}


async def test_an_account_sees_its_own_only_and_the_rest_as_if_it_did_not_exist(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await eventful(it)
        assert [s["id"] for s in (await ask(it, "/sites", ACME))["result"]] == ["main"]
        assert {c["site"] for c in (await ask(it, "/components", ACME))["result"]} == {"main"}
        assert {i["account"] for i in (await ask(it, "/incidents", ACME))["result"]} == {"acme"}
        theirs = await ask(it, "/components/lone", ACME, 404)
        assert theirs == await ask(it, "/components/none", ACME, 404) == await ask(it, "/sites/other", ACME, 404)
        assert (await ask(it, "/accounts", ACME, 403))["error"] == "Authorization"
        assert (await ask(it, "/accounts/acme", ACME, 403))["error"] == "Authorization"


async def test_keys_are_never_shown(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        said = json.dumps([await ask(it, f"/{plural}") for plural in PLURALS])
        assert ACME not in said
        assert ADMIN not in said


async def test_the_root_says_what_there_is_to_anyone(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        said = await ask(it, "/", None)
        assert (said["resourceType"], said["version"], said["prober"]) == ("UP", "1.0", __version__)
        for line in said["methods"]:
            verb, path = line.split()
            assert (await it.up.request(verb, path.replace("/:id", "/none"))).status_code in (200, 401)


async def test_whatever_is_not_offered_is_an_error_object(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        assert (await ask(it, "/none", status=404))["error"] == "Method"
        assert (await ask(it, "/sites/main/components", status=404))["error"] == "Method"
        assert (await it.up.delete("/sites")).json()[0]["error"] == "Method"
