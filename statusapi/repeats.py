"""Requests that may be sent again: with an Idempotency-Key, the second one does nothing and is answered as the first.

What was answered is kept for a day, and only if it was done. The answer is written after the deed: if we are killed
between the two, a repetition is carried out once more.
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple

from prober.errors import StoreError
from prober.store.replies import Replies, Reply
from statusapi.auth import Principal
from statusapi.problems import Problem

if TYPE_CHECKING:
    from prober.clock import Clock

LONGEST_KEY = 255


class Said(NamedTuple):
    """An answer: its status and its body. is_repeated: it was given before.

    again: the body of the next time, if the first has a secret in it, which is told once and kept nowhere.
    """

    status: int
    body: str
    is_repeated: bool = False
    again: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """What more is said of an answer."""
        return {"Idempotency-Replayed": "true"} if self.is_repeated else {}


class Repeats:
    """Remembers answers; two at the same time with one key do one deed."""

    def __init__(self, replies: Replies, clock: "Clock") -> None:
        self._replies = replies
        self._clock = clock
        self._under_way: set[bytes] = set()

    async def once(
        self,
        principal: Principal,
        what: str,
        key: str | None,
        content: bytes,
        deed: Callable[[], Awaitable[Said]],
    ) -> Said:
        """What the deed says; what it said, if it was done before. what: method and path. Raises Problem."""
        if key is None:
            return await deed()
        if not 1 <= len(key) <= LONGEST_KEY:
            raise Problem(400, "idempotency", f"Idempotency-Key: expected 1 to {LONGEST_KEY} characters")
        id_ = _digest(repr((principal.account, what, key)).encode())
        request, now_ms = _digest(content), self._clock.now_ms()
        if id_ in self._under_way:
            raise Problem(409, "idempotency", "A request with this Idempotency-Key is under way.")
        self._under_way.add(id_)
        try:
            found = await self._replies.find(id_, now_ms)
            if found is None:
                said = await deed()
                await self._replies.add(
                    id_, Reply(request, said.status, said.body if said.again is None else said.again), now_ms
                )
                return said
        except StoreError as error:
            raise Problem(503, "store", f"The store does not take it now: {error}.") from None
        finally:
            self._under_way.discard(id_)
        if found.request != request:
            raise Problem(422, "idempotency", "This Idempotency-Key came with another body before.")
        return Said(found.status, found.body, is_repeated=True)


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
