"""Looks again and again until there is something to see, for who waits at a terminal."""

from collections.abc import Callable
from typing import TypeVar

import anyio

T = TypeVar("T")


async def seen(look: Callable[[], T | None], every_s: float, patience_s: float) -> T | None:
    """What `look` finds at last; None if it has found nothing for so long. It looks at least once."""
    until_s = anyio.current_time() + patience_s
    while (found := look()) is None and anyio.current_time() < until_s:  # noqa: ASYNC110 - in another process
        await anyio.sleep(every_s)
    return found
