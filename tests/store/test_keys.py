"""Keys of the status API, by their digests."""

from pathlib import Path

import pytest

from prober.store.keys import KeyRow
from tests.worlds import recording

pytestmark = pytest.mark.anyio

ROW = KeyRow("k1", "acme", "bot", "read", b"digest", 1)


async def test_keys_are_kept_used_replaced_and_revoked(tmp_path: Path) -> None:
    async with recording(tmp_path) as (_, store):
        await store.keys.add(ROW)
        await store.keys.use("k1", 5)
        other = KeyRow("k2", None, "admin", "admin", b"other", 7, expires_ms=9)
        await store.keys.add(other, instead_of="k1")
        await store.keys.revoke("k1", 8)  # it was over at 7 already
        assert await store.keys.all() == [ROW._replace(used_ms=5, revoked_ms=7), other]


def test_a_key_is_live_until_it_is_revoked_or_expires() -> None:
    assert ROW.is_live(10**15)
    assert not ROW._replace(revoked_ms=1).is_live(0)
    assert [ROW._replace(expires_ms=5).is_live(now) for now in (4, 5)] == [True, False]
