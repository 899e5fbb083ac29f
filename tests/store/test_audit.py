"""Who asked for what is kept with what came of it."""

from pathlib import Path

import pytest

from prober.core.events import Ordered
from prober.core.model import Status
from prober.core.orders import Open, SetPin, TakePin
from prober.errors import StoreError
from prober.store import Batch, Store, verify
from tests.builders import T0
from tests.worlds import recording

pytestmark = pytest.mark.anyio


async def test_orders_that_changed_something_are_kept_with_their_decision(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        opened = await recorder.record(Ordered(T0 + 1, Open("main", "Flood", "Water.", "ann")))
        pinned = await recorder.record(Ordered(T0 + 2, SetPin("shop", Status.MAJOR, "bob", T0 + 9_000)))
        await recorder.record(Ordered(T0 + 3, TakePin("shop", "cid")))
        assert await recorder.record(Ordered(T0 + 4, TakePin("shop", "cid"))) is None
        latest, *others = await store.archive.deeds(9)
        assert opened
        assert pinned
        assert latest[1:] == (T0 + 3, "cid", "take_pin", {"component": "shop"})
        assert [(one.seq, one.author, one.deed) for one in others] == [
            (pinned.seq, "bob", "set_pin"),
            (opened.seq, "ann", "open"),
        ]
        assert others[0].content == {"component": "shop", "status": "major", "until_ms": T0 + 9_000}
        assert others[1].content["name"] == "Flood"
    assert verify(store.path).links == 3


async def test_what_the_store_refuses_is_written_once_when_it_recovers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Store.write
    batches: list[Batch] = []

    async def reluctant(self: Store, batch: Batch) -> None:
        batches.append(batch)
        if len(batches) == 1:
            raise StoreError("the disk is full")
        await write(self, batch)
        await write(self, batch)  # as after a commit whose answer was lost

    async with recording(tmp_path) as (recorder, store):
        monkeypatch.setattr(Store, "write", reluctant)
        with pytest.raises(StoreError):
            await recorder.record(Ordered(T0 + 1, SetPin("shop", Status.MAJOR, "bob")))
        assert await store.archive.deeds(9) == []
        await recorder.record(Ordered(T0 + 2, TakePin("shop", "cid")))
        assert [one.author for one in await store.archive.deeds(9)] == ["cid", "bob"]
