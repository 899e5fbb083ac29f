"""The listeners as wholes: health, and errors in the shape of whoever asked."""

from pathlib import Path
from typing import Any

import pytest

from statusapi.views import Views
from tests.statusapi.scene import ACME, ADMIN, Scene, scene

pytestmark = pytest.mark.anyio


async def test_health_is_about_the_process_and_readiness_about_its_work(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        assert (await it.public.get("/-/healthy")).text == "Healthy\n"
        assert (await it.public.get("/-/ready")).status_code == 200
        it.trouble = "the disk is full"
        answer = await it.public.get("/-/ready")
        assert (answer.status_code, answer.text) == (503, "Not ready: the disk is full\n")
        assert (await it.public.get("/-/healthy")).status_code == 200


@pytest.mark.parametrize("path", ["/-/healthy", "/-/ready", "/", "/metrics", "/api/v2/summary.json", "/favicon.svg"])
async def test_head_is_answered_as_get_is_without_a_body(tmp_path: Path, path: str) -> None:
    async with scene(tmp_path) as it:
        get, head = await it.public.get(path), await it.public.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == get.headers["content-type"]


MISSING = ["/none", "/s/none", "/s/none/", "/incidents/none", "/api/v2/none.json", "/s/none/api/v2/summary.json"]


@pytest.mark.parametrize("path", [*MISSING, "/incidents/none.json", "/api/v2/", "/static/page.css"])
async def test_what_is_missing_is_a_404_in_the_shape_of_its_dialect(tmp_path: Path, path: str) -> None:
    async with scene(tmp_path) as it:
        answer = await it.public.get(path)
        assert answer.status_code == 404
        if "/api/" in path or path.endswith(".json"):
            assert answer.json() == {"error": "There is nothing here."}
        else:
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert "There is nothing here." in answer.text


async def test_another_method_is_a_405_that_says_which_are_allowed(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        answer = await it.public.post("/api/v2/summary.json")
        assert (answer.status_code, answer.json()) == (405, {"error": "This method is not offered here."})
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
        answer = await it.up.put("/sites", headers={"Auth": ADMIN})
        assert (answer.status_code, answer.json()[0]["error"]) == (405, "Method")


def break_views(it: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr(Views, "find", fail)
    monkeypatch.setattr(Views, "pages", property(fail))


@pytest.mark.parametrize("path", ["/", "/api/v2/summary.json"])
async def test_a_fault_of_ours_is_a_500_that_tells_nothing(
    tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with scene(tmp_path) as it:
        break_views(it, monkeypatch)
        answer = await it.public.get(path)
        assert answer.status_code == 500
        assert "a fault of its own" in answer.text
        assert "a secret of ours" not in answer.text
        assert f"answering GET {path!r} has failed" in caplog.text


async def test_what_is_logged_of_a_request_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with scene(tmp_path) as it:
        break_views(it, monkeypatch)
        assert (await it.public.get("/incidents/a%0AERROR forged%00.json")).status_code == 500
        (line,) = [record.getMessage() for record in caplog.records if "has failed" in record.getMessage()]
        assert line.isprintable()


@pytest.mark.parametrize(
    ("listener", "method", "path", "header"),
    [
        ("up", "PUT", "/sites/acme", (b"auth", ACME)),
        ("public", "POST", "/api/prober/v1/incidents", (b"authorization", f"Bearer {ACME}")),
        ("public", "POST", "/api/v1/event/list/", (b"authorization", f"ApiKey acme:{ACME}")),
        ("public", "POST", "/ping/token", (b"x", "y")),
    ],
)
async def test_who_leaves_while_he_speaks_is_no_fault_of_ours(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, listener: str, method: str, path: str, header: tuple[bytes, str]
) -> None:
    pieces = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    scope = {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        "headers": [(b"host", b"status.example"), (header[0], header[1].encode())],
    }  # fmt: skip

    async def receive() -> Any:
        return pieces.pop(0)

    async def send(_: Any) -> None:
        pass

    async with scene(tmp_path) as it:
        await (it.up_application if listener == "up" else it.application)(scope, receive, send)
        # A busy machine makes the loop's debug mode say that something was slow.
        said = [record.getMessage() for record in caplog.records if record.name != "asyncio"]
        assert (pieces, said) == ([], [])
