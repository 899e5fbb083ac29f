import anyio
import pytest

from prober.daemon.patience import seen

pytestmark = pytest.mark.anyio


async def test_it_looks_until_there_is_something() -> None:
    answers = iter((None, None, "there"))
    assert await seen(lambda: next(answers), 0.001, 60) == "there"
    assert list(answers) == []


async def test_patience_ends_and_one_look_is_always_taken() -> None:
    looks: list[float] = []

    def look() -> str | None:
        looks.append(anyio.current_time())
        return None

    assert await seen(look, 0.001, 0) is None
    assert len(looks) == 1
    assert await seen(look, 0.001, 0.01) is None
    assert len(looks) > 1
