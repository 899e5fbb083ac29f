"""How each dialect refuses, over all its routes and methods; and that what is another's looks like what is missing.

The routes are those of the applications: one that is added is asked here without a word being said.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import httpx
import pytest
from starlette.routing import BaseRoute, Route

from statusapi import alerts, metrics
from statusapi.auth import Auth
from statusapi.decode import LONGEST_REQUEST
from statusapi.dialects import instatus, statuspage
from statusapi.dialects.statusdashboard_resources import RESOURCES
from statusapi.page import badges
from statusapi.private import _OPEN
from tests.statusapi.scene import ACME, ADMIN, CONFIG, MINUTE, Scene, scene

pytestmark = pytest.mark.anyio

READS, WRITES = ("GET", "HEAD"), ("POST", "PUT", "PATCH", "DELETE")


# Somebody is told of everything.
HOOK = """
[channels.hook]
kind = "webhook"
url = "http://127.0.0.1:9/"
[subscriptions.ops]
channel = "hook"
"""


class Dialect(NamedTuple):
    """prefix: of its paths; header: how a key is brought; has_error: whether an answer is an error in its shape."""

    prefix: str
    header: str
    scheme: str
    listener: str = "public"

    def key(self, key: str) -> dict[str, str]:
        return {self.header: self.scheme.format(key=key, name="admin" if key == ADMIN else "acme")}

    def client(self, it: Scene) -> httpx.AsyncClient:
        return it.up if self.listener == "up" else it.public

    def routes(self, it: Scene) -> Iterator[Route]:
        application = it.up_application if self.listener == "up" else it.application
        for route in application.routes:
            if isinstance(route, Route) and route.path.startswith(self.prefix) and "public/" not in route.path:
                yield route


UP = Dialect("/", "Auth", "{key}", "up")
STATUSDASHBOARD = Dialect("/api/v1/", "Authorization", "ApiKey {name}:{key}")
NATIVE = Dialect("/api/prober/v1/", "Authorization", "Bearer {key}")
KEYED = [UP, STATUSDASHBOARD, NATIVE]
NAMES = ["up", "statusdashboard", "native"]
OPEN = {"/", "/api/v1/", "/api/prober/v1/", "/api/prober/v1/openapi.json"}  # say what there is, to anyone


def is_up(answer: httpx.Response) -> bool:
    said = answer.json()
    return isinstance(said, list) and len(said) == 1 and set(said[0]) == {"error", "text"}


def is_statusdashboard(answer: httpx.Response) -> bool:
    if answer.status_code in (401, 404, 429):
        return answer.content == b""
    if answer.status_code == 405:
        return answer.text == answer.headers["allow"]
    (key,) = answer.json()
    return key == "error" or key == "error_message" or isinstance(answer.json()[key], dict)


def is_native(answer: httpx.Response) -> bool:
    said = answer.json()
    return set(said) == {"error"} and set(said["error"]) == {"code", "message"}


SHAPES = {UP: is_up, STATUSDASHBOARD: is_statusdashboard, NATIVE: is_native}


def path_of(route: Route, value: str = "1") -> str:
    return re.sub(r"{[^}]*}", value, route.path)


async def refused(it: Scene, dialect: Dialect, method: str, path: str, status: int, **more: Any) -> None:
    it.now_ms += MINUTE  # whoever is refused is slowed
    answer = await dialect.client(it).request(method, path, **more)
    assert answer.status_code == status, (method, path, answer.text)
    assert method == "HEAD" or SHAPES[dialect](answer), (method, path, answer.text)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("dialect", KEYED, ids=NAMES)
async def test_without_a_key_every_route_is_shut(tmp_path: Path, dialect: Dialect) -> None:
    async with scene(tmp_path) as it:
        for route in dialect.routes(it):
            for method in () if route.path in OPEN or path_of(route) == "/api/v1" else route.methods or ():
                if method != "OPTIONS":
                    await refused(it, dialect, method, path_of(route), 401)
                    await refused(it, dialect, method, path_of(route), 401, headers=dialect.key("wrong"))


@pytest.mark.parametrize("dialect", KEYED, ids=NAMES)
async def test_what_is_missing_and_what_is_not_offered_is_told_in_its_shape(tmp_path: Path, dialect: Dialect) -> None:
    async with scene(tmp_path) as it:
        key = dialect.key(ADMIN)
        for method in (*READS, *WRITES):
            await refused(it, dialect, method, f"{dialect.prefix}none/none/none/none/none", 404, headers=key)
        for route in dialect.routes(it):
            for method in (*READS, *WRITES, "TRACE"):
                if method not in (route.methods or ()) and not (dialect is STATUSDASHBOARD and "schema" in route.path):
                    others = [one.methods or () for one in dialect.routes(it) if one.path_regex.match(path_of(route))]
                    if all(method not in methods for methods in others):
                        await refused(it, dialect, method, path_of(route), 405, headers=key)


NOT_JSON = [
    b"{",
    b"[]",
    b"\xff",
    b'{"a": NaN}',
    b'{"a": 1, "a": 2}',
    b'{"a": "\\ud800"}',
    b'{"a": "\\u0000"}',
    b"[" * 9999,
]


# Where a body may be longer than elsewhere.
LONGER = {alerts.PATH: alerts.LONGEST}


def written(it: Scene, dialect: Dialect) -> Iterator[tuple[str, str]]:
    """Every method and path with a body; of paths that differ by a slash at the end, one."""
    for route in dialect.routes(it):
        if not (dialect is STATUSDASHBOARD and ("schema" in route.path or "set/" in route.path)):
            for method in sorted((route.methods or set()) & {"POST", "PUT", "PATCH"}):
                if not (route.path.endswith("/") and dialect is UP) and is_written(dialect, method, route):
                    yield method, path_of(route, "acme" if dialect is UP else "1")


def is_written(dialect: Dialect, method: str, route: Route) -> bool:
    """Whether what is posted there is taken: not to one object of StatusDashboard, nor where all is read only."""
    if dialect is not STATUSDASHBOARD:
        return True
    resource = next((one for one in RESOURCES if route.path.startswith(f"/api/v1/{one.name}/")), None)
    if resource is None:
        return False
    return method in (resource.detail_methods if "{" in route.path else resource.list_methods) and (
        method != "POST" or "{" not in route.path
    )


@pytest.mark.parametrize("dialect", KEYED, ids=NAMES)
async def test_a_body_that_can_not_be_read_is_refused_in_its_shape_wherever_one_is_taken(
    tmp_path: Path, dialect: Dialect
) -> None:
    asked = 0
    async with scene(tmp_path) as it:
        _, made = await keyed(it, scope="read")
        for method, path in written(it, dialect):
            asked += 1
            key = dialect.key(ADMIN)
            for content in NOT_JSON:
                await refused(it, dialect, method, path, 400, content=content, headers=key)
            too_long = b" " * (LONGER.get(path, LONGEST_REQUEST) + 1)
            await refused(it, dialect, method, path, 413, content=too_long, headers=key)
            for kind in ("text/xml", "multipart/form-data", "application/json-seq", "application/json; charset=utf-16"):
                await refused(it, dialect, method, path, 415, content=b"{}", headers=key | {"Content-Type": kind})
            await refused(it, dialect, method, path, 415, content=b"{}", headers=key | {"Content-Encoding": "gzip"})
            await refused(it, dialect, method, path, 403, content=b"{}", headers=dialect.key(made))
    assert asked >= 9


@pytest.mark.parametrize("dialect", KEYED, ids=NAMES)
async def test_a_fault_of_ours_is_told_in_its_shape_and_tells_nothing(
    tmp_path: Path, dialect: Dialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr(Auth, "admitted", fail)
    async with scene(tmp_path) as it:
        for route in dialect.routes(it):
            if route.path in OPEN or path_of(route) == "/api/v1":
                continue
            for method in (route.methods or set()) - {"OPTIONS"}:
                await refused(it, dialect, method, path_of(route), 500, headers=dialect.key(ADMIN))


async def test_a_request_for_several_hosts_is_refused_in_its_shape(tmp_path: Path) -> None:
    several = [("Host", "one.example"), ("Host", "two.example")]
    async with scene(tmp_path) as it:
        for dialect, path in ((UP, "/sites"), (STATUSDASHBOARD, "/api/v1/service/"), (NATIVE, "/api/prober/v1/status")):
            key = list(dialect.key(ACME).items())
            await refused(it, dialect, "GET", path, 400, headers=[*several, *key])
        assert (await it.public.get("/api/v2/summary.json", headers=several)).status_code == 400


async def keyed(it: Scene, **fields: Any) -> tuple[int, str]:
    headers = NATIVE.key(ADMIN)
    answer = await it.public.post(
        "/api/prober/v1/keys", headers=headers, json={"name": "k", "account": "acme"} | fields
    )
    return answer.status_code, answer.json()["key"]


@pytest.mark.parametrize("dialect", KEYED, ids=NAMES)
async def test_who_asks_too_often_is_told_in_its_shape_when_to_come_again_wherever_it_is(
    tmp_path: Path, dialect: Dialect
) -> None:
    async with scene(tmp_path, text=CONFIG.replace("[prober]", "[prober]\nrate_per_key = 1")) as it:
        path = {UP: "/sites", STATUSDASHBOARD: "/api/v1/service/", NATIVE: "/api/prober/v1/incidents"}[dialect]
        key = dialect.key(ACME)
        assert (await dialect.client(it).get(path, headers=key)).status_code == 200
        for route in dialect.routes(it):
            if route.path in OPEN or path_of(route) == "/api/v1":
                continue
            for method in (route.methods or set()) - {"OPTIONS"}:
                answer = await dialect.client(it).request(method, path_of(route), headers=key)
                assert (answer.status_code, answer.headers["retry-after"]) == (429, "60"), (method, route.path)
                assert method == "HEAD" or SHAPES[dialect](answer), (method, route.path)


async def test_a_request_for_no_host_is_refused(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        for client, path in ((it.public, "/"), (it.public, "/api/v1/service/"), (it.up, "/sites")):
            request = client.build_request("GET", path, headers=NATIVE.key(ACME))
            del request.headers["host"]
            assert (await client.send(request)).status_code == 400, path


# ---------------------------------------------------------------- tenancy

# Putting to an id makes what is missing; that an id is taken can't be hidden from whoever wants it (see docs/api.md).
MAKES = {"sites", "site", "components", "component", "metrics", "metric", "subscriptions", "subscription"}


class Theirs(NamedTuple):
    """Ids of what belongs to account `other`, by the word of a path."""

    ids: dict[str, str]

    def of(self, path: str) -> str:
        words = [word for word in path.split("/") if word and "{" not in word]
        for word in reversed(words):
            for key in (word, f"{word}s", word.removesuffix("s")):
                if key in self.ids:
                    return self.ids[key]
        return self.ids[next(one for one in ("/".join(words[2:4]), words[2]) if one in self.ids)]


async def inhabited(it: Scene) -> Theirs:
    """A scene in which account `other` has one of everything."""
    await it.see("down down", "lone")
    (incident,) = it.recorder.shown.incidents.values()
    admin = {"Auth": ADMIN}
    for path, fields in (
        ("/sites/inner", {"account": "other"}),
        ("/components/gizmo", {"account": "other", "site": "inner"}),
        ("/metrics/load", {"account": "other", "site": "inner", "data": [{"timestamp": 1, "value": 1}]}),
        ("/subscriptions/hook", {"account": "other", "endpoint": "https://hooks.example"}),
    ):
        assert (await it.up.put(path, headers=admin, json=fields)).status_code == 200
    answer = await it.public.post(
        "/api/prober/v1/keys", headers=NATIVE.key(ADMIN), json={"name": "theirs", "account": "other"}
    )
    work = await it.up.put("/maintenance/other", headers=admin, json={"name": "Work", "site": "second", "duration": 9})
    num = str(incident.num)
    owed, *_ = await it.store.outbox.pending("hook", 9)
    await it.store.subscribers.ask("second", "ann@mail.example", it.now_ms)
    (reader,) = await it.store.subscribers.all()
    return Theirs(
        {
            "sites": "inner",
            "components": "gizmo",
            "metrics": "load",
            "channels": "hook",
            "notices": owed.notice.id,
            "subscriptions": "hook",
            "maintenance": work.json()[0]["id"],
            "accounts": "other",
            "incidents": incident.uid,
            "keys": answer.json()["id"],
            "subscribers": reader.id,
            "native": num,
            "list": num,
            "service": "4",
            "update": "100001",
            "user": "2",
            "explain": "lone",
            "checks": "lone",
            "observations": "lone",
        }
    )


@pytest.mark.parametrize("dialect", KEYED, ids=NAMES)
async def test_what_is_another_accounts_looks_like_what_is_missing(tmp_path: Path, dialect: Dialect) -> None:
    asked = 0
    async with scene(tmp_path, HOOK) as it:
        theirs = await inhabited(it)
        for route in dialect.routes(it):
            if "{" not in route.path:
                continue
            word = route.path.split("/")[1]
            known = {"status", "type", "severity"}
            for method in sorted((route.methods or set()) - {"OPTIONS"}):
                if (dialect is UP and method == "PUT" and word in MAKES) or known & set(route.path.split("/")):
                    continue
                id_ = theirs.ids["native"] if dialect is NATIVE and "incidents" in route.path else theirs.of(route.path)
                missing = "987654" if id_.isdigit() else "missing"
                found = [await answered(it, dialect, method, path_of(route, one), one) for one in (id_, missing)]
                assert found[0] == found[1], (method, route.path)
                assert dialect is STATUSDASHBOARD or found[0][0] in (403, 404), (method, route.path)
                asked += 1
        for route in dialect.routes(it):
            if "{" not in route.path and "GET" in (route.methods or ()) and not route.path.endswith("/stream"):
                answer = await dialect.client(it).get(route.path, headers=dialect.key(ACME))
                secret = ("ann@mail", "inner", "gizmo", "https://hooks.example", "theirs", "Lone")
                assert not any(one in answer.text for one in secret), route.path
    assert asked >= 7


# What is neither a dialect's with keys nor a page, and where its locks are tested.
APART = {
    "/metrics": "test_auth, test_private",
    "/probe": "test_auth",
    "/sd/prometheus": "test_private",
    "/-/healthy": "open: says nothing of anybody",
    "/-/ready": "open: says nothing of anybody",
    "/-/notices": "page/test_notices: a key, and what is its own",
    "/-/reload": "test_management",
    "/config": "test_management",
    "/ping/{token}": "test_pings: the token is the lock",
    "/ping/{token}/{what}": "test_pings: the token is the lock",
    "/subscribe/confirm": "page/test_subscribe: the link is the lock",
    "/unsubscribe": "page/test_subscribe: the link is the lock",
    "/s/{site}/subscribe/confirm": "page/test_subscribe: the link is the lock",
    "/s/{site}/unsubscribe": "page/test_subscribe: the link is the lock",
    "/static/{name}": "open: the same for all",
}


async def test_every_route_is_asked_with_anothers_key_or_is_a_page_that_may_be_private(tmp_path: Path) -> None:
    """A new route is a dialect's, then the generator above asks it; or a page's, then test_private does; or is here."""
    async with scene(tmp_path) as it:
        asked = {route.path for dialect in (STATUSDASHBOARD, NATIVE) for route in dialect.routes(it)}
        rest = paths(it.application.routes) - asked
        pages = {path for path in rest if not _OPEN.fullmatch(path)}
        assert rest - pages == set(APART) | {"/api/v1"}
        assert paths(it.up_application.routes) == {route.path for route in UP.routes(it)}


def paths(routes: Sequence[BaseRoute]) -> set[str]:
    """Of all routes; any other kind would escape these tests."""
    found = [route.path for route in routes if isinstance(route, Route)]
    assert len(found) == len(routes)
    return set(found)


async def test_changes_of_anothers_components_are_neither_listed_nor_streamed(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down", "lone")
        await it.see("down down", "shop")
        key = NATIVE.key(ACME)
        listed = (await it.public.get("/api/prober/v1/transitions", headers=key)).json()["transitions"]
        assert {one["component"] for one in listed} == {"shop"}
        admins = (await it.public.get("/api/prober/v1/transitions", headers=NATIVE.key(ADMIN))).json()["transitions"]
        assert {one["component"] for one in admins} == {"shop", "lone"}
        told = await streamed(it, key, len(listed))
        assert "lone" not in told
        assert told.count("event: transition") == len(listed)


async def streamed(it: Scene, key: dict[str, str], count: int) -> str:
    """What the stream tells from the first change on, until that many are told."""
    told: list[str] = []
    done = anyio.Event()

    async def receive() -> Any:
        await done.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        told.append(message.get("body", b"").decode())
        if "".join(told).count("event: transition") >= count:
            done.set()

    headers = [(b"host", b"status.example"), *((n.lower().encode(), v.encode()) for n, v in key.items())]
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": "/api/prober/v1/stream",
        "raw_path": b"/api/prober/v1/stream", "query_string": b"after=0-0", "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "asgi": {"version": "3.0", "spec_version": "2.3"},
    }  # fmt: skip
    await it.application(scope, receive, send)
    return "".join(told)


async def answered(it: Scene, dialect: Dialect, method: str, path: str, id_: str) -> tuple[int, str, set[str]]:
    bodies = {"updates": b'{"body": "x"}', "pin": b'{"status": "major"}'}
    told = bodies.get(path.rpartition("/")[2], b"{}")
    content = {"content": told} if method in WRITES else {}
    headers = dialect.key(ACME) | ({"Content-Type": "application/json"} if content else {})
    answer = await dialect.client(it).request(method, path, headers=headers, **content)  # type: ignore[arg-type]
    return answer.status_code, answer.text.replace(id_, "ID"), set(answer.headers) - {"content-length"}


# ---------------------------------------------------------------- what needs no key


def is_statuspage(answer: httpx.Response) -> bool:
    said = answer.json()
    return set(said) == {"error"} and isinstance(said["error"], str)


def is_svg(answer: httpx.Response) -> bool:
    return answer.headers["content-type"].startswith("image/svg+xml") and answer.text.startswith("<svg")


def is_badge(answer: httpx.Response) -> bool:
    return answer.json()["isError"] is True


def is_page(answer: httpx.Response) -> bool:
    return answer.headers["content-type"] == "text/html; charset=utf-8" and "<h1" in answer.text


def is_text(answer: httpx.Response) -> bool:
    return answer.headers["content-type"].startswith("text/plain")


OF_PATHS = (
    (badges.PATHS, is_svg),
    (badges.PATHS_OF_JSON, is_badge),
    (instatus.PATHS, is_native),
    (statuspage.PATHS, is_statuspage),
    (metrics.PATHS, is_text),
    ("/|/history.*|/incidents/.*|/maintenance.ics|/live|/s/[^/]*", is_page),
)


async def test_what_is_public_refuses_in_its_shape_over_all_its_routes(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        asked: set[object] = set()
        for route in it.application.routes:
            if not isinstance(route, Route) or re.search("/api/(prober|v1)", route.path):
                continue
            path = re.sub(r"{[^}]*}", "none", route.path)
            plain = re.sub("^/s/none(?=/)", "", path)
            is_right = next((shape for pattern, shape in OF_PATHS if re.fullmatch(pattern, plain)), None)
            if is_right is None:
                continue
            asked.add(is_right)
            for method in WRITES:
                answer = await it.public.request(method, path)
                assert (answer.status_code, is_right(answer)) == (405, True), (method, path, answer.text)
                assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
            if "{" in route.path:
                answer = await it.public.get(path)
                assert (answer.status_code, is_right(answer)) == (404, True), (path, answer.text)
        assert asked == {shape for _, shape in OF_PATHS}
