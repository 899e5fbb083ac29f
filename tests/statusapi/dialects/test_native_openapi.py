"""The reference of the native API is what the routes and the types say."""

import re
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

from statusapi.dialects.native_answers import ANSWERS
from statusapi.dialects.native_openapi import OPERATIONS, PREFIX, document, viewer
from tests.statusapi.scene import scene

ROOT = Path(__file__).parents[3]


@pytest.mark.anyio
async def test_every_route_stands_in_it_and_nothing_else(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        routes = [r for r in it.application.routes if isinstance(r, Route) and r.path.startswith(PREFIX)]
        found = {(method.lower(), r.path) for r in routes for method in r.methods or () if method != "HEAD"}
        assert found == {(o.method, PREFIX + o.path) for o in OPERATIONS}
        answer = await it.public.get(f"{PREFIX}/openapi.json")
        assert answer.json() == document()
        assert (
            await it.public.get(f"{PREFIX}/openapi.json", headers={"If-None-Match": answer.headers["etag"]})
        ).status_code == 304
        page = await it.public.get(f"{PREFIX}/")
        assert (page.status_code, page.text) == (200, viewer())
        assert page.headers["content-security-policy"] == "default-src 'none'"


def references(said: Any) -> set[str]:
    if isinstance(said, dict):
        own = {said["$ref"]} if "$ref" in said else set()
        return own.union(*map(references, said.values()))
    return set().union(*map(references, said)) if isinstance(said, list) else set()


def test_it_is_whole() -> None:
    told = document()
    assert told["openapi"] == "3.1.0"
    assert references(told) == {f"#/components/schemas/{name}" for name in told["components"]["schemas"]}
    ids = [operation["operationId"] for methods in told["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids))
    for path, methods in told["paths"].items():
        for operation in methods.values():
            named = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))


def test_the_page_loads_nothing() -> None:
    assert not re.search(r"<script|<link|<img|src=|https?://", viewer())


def test_every_operation_is_described_in_the_docs() -> None:
    prose = (ROOT / "docs" / "api.md").read_text()
    lines = {f"`{o.method.upper()} {PREFIX}{o.path}`".replace("{", "<").replace("}", ">") for o in OPERATIONS}
    assert [line for line in lines if line not in prose] == []


def test_what_comes_of_every_operation_is_described() -> None:
    assert ANSWERS.keys() == {f"{o.method} {o.path}" for o in OPERATIONS} - {"get /"}
