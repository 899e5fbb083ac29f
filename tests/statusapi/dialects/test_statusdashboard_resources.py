"""What is offered to be asked works, and schemas say what is there."""

from pathlib import Path

import pytest

from statusapi.dialects.statusdashboard_resources import RESOURCES, Resource
from tests.statusapi.dialects.test_statusdashboard import ask, eventful, nums
from tests.statusapi.scene import MAINTENANCE, scene

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("resource", RESOURCES)
async def test_a_schema_names_every_field_and_no_other(tmp_path: Path, resource: Resource) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await eventful(it)
        schema = await ask(it, f"/api/v1/{resource.name}/schema/")
        for one in (await ask(it, f"/api/v1/{resource.name}/"))["objects"]:
            assert set(one) == set(schema["fields"])
            assert [
                name for name, value in one.items() if value is None and not schema["fields"][name]["nullable"]
            ] == []
        assert set(schema["filtering"]) <= set(schema["fields"])
        for path in schema["ordering"]:
            await ask(it, f"/api/v1/{resource.name}/?order_by=-{path}")


@pytest.mark.parametrize("resource", RESOURCES)
async def test_every_filter_that_is_offered_works(tmp_path: Path, resource: Resource) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await eventful(it)
        for path in resource.filters:
            null = await nums(it, f"/api/v1/{resource.name}/?{path}__isnull=true")
            rest = await nums(it, f"/api/v1/{resource.name}/?{path}__isnull=false")
            assert sorted(null + rest) == sorted(await nums(it, f"/api/v1/{resource.name}/"))
