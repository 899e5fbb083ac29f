"""Healthy, ready, reload and the configuration, as Prometheus' users know them."""

from pathlib import Path

import pytest

from tests.statusapi.scene import ACME, ADMIN, scene

pytestmark = pytest.mark.anyio

AS_ADMIN = {"Authorization": f"Bearer {ADMIN}"}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_it_is_healthy_and_ready_or_says_why_not(tmp_path: Path, method: str) -> None:
    async with scene(tmp_path) as it:
        assert (await it.public.request(method, "/-/healthy")).status_code == 200
        assert (await it.public.request(method, "/-/ready")).status_code == 200
        it.trouble = "the disk is full"
        answer = await it.public.request(method, "/-/ready")
        assert answer.status_code == 503
        assert answer.text == ("Not ready: the disk is full\n" if method == "GET" else "")


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_the_admin_may_reload_and_hears_every_mistake(tmp_path: Path, method: str) -> None:
    async with scene(tmp_path) as it:
        assert (await it.public.request(method, "/-/reload", headers=AS_ADMIN)).text == "Reloaded: nothing\n"
        it.mistakes = ["config.toml:3: one", "config.toml:4: two"]
        answer = await it.public.request(method, "/-/reload", headers=AS_ADMIN)
        assert (answer.status_code, answer.text.splitlines()[1:]) == (500, it.mistakes)


@pytest.mark.parametrize(("method", "path"), [("POST", "/-/reload"), ("GET", "/config")])
async def test_nobody_else_may(tmp_path: Path, method: str, path: str) -> None:
    async with scene(tmp_path) as it:
        it.mistakes = ["a mistake that nobody else may see"]
        for headers, status in (({}, 401), ({"Authorization": f"Bearer {ACME}"}, 403)):
            answer = await it.public.request(method, path, headers=headers)
            assert answer.status_code == status
            assert "nobody else" not in answer.text


async def test_a_reload_is_no_matter_of_looking(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        assert (await it.public.get("/-/reload", headers=AS_ADMIN)).status_code == 405


async def test_the_configuration_is_shown_without_secrets(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        text = (await it.public.get("/config", headers=AS_ADMIN)).text
        assert 'admin_key = "***"' in text
        assert '[checks."shop"]' in text
        assert [key for key in (ADMIN, ACME) if key in text] == []
