"""What holds for every kind of channel, whatever it speaks."""

from typing import NamedTuple

import pytest

from prober.errors import DeliveryError
from prober.notifiers import KINDS
from tests.notifiers.channels import HUSH, KEYS, channel
from tests.notifiers.parcels import PARCELS
from tests.notifiers.receivers import HANGS, answering, status


class Bad(NamedTuple):
    """A bad answer: what it is, whether it is final, what the receiver wishes."""

    answer: bytes | None
    is_final: bool
    wish_s: float | None = None


BAD = {
    "500": Bad(status("500 Oops", body=b"oops"), is_final=False),
    "503": Bad(status("503 Busy"), is_final=False),
    "429 with Retry-After": Bad(status("429 Slow", "Retry-After: 7"), is_final=False, wish_s=7.0),
    "400": Bad(status("400 Bad", body=HUSH.encode()), is_final=True),
    "410": Bad(status("410 Gone"), is_final=True),
    "a redirect": Bad(status("307 There", "Location: http://127.0.0.1:9/"), is_final=True),
    "garbage": Bad(b"\x00\xff garbage\r\n\r\n" * 100, is_final=False),
    "nothing": Bad(b"", is_final=False),
    "a hang": Bad(HANGS, is_final=False),
}


def test_every_kind_is_put_to_the_test() -> None:
    assert list(KEYS) == list(KINDS)


@pytest.mark.anyio
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("bad", BAD)
async def test_a_bad_answer_is_told_as_what_it_is(name: str, bad: str, caplog: pytest.LogCaptureFixture) -> None:
    given = BAD[bad]
    async with answering(given.answer) as receiver:
        one = channel(name, receiver.url, timeout="300ms" if given.answer is HANGS else "10s")
        with pytest.raises(DeliveryError) as failed:
            await one.send(PARCELS["incident_opened"])
        await one.aclose()
    assert (failed.value.permanent, failed.value.retry_after_s) == (given.is_final, given.wish_s)
    assert len(receiver.requests) == 1
    assert HUSH not in str(failed.value)
    assert str(failed.value).startswith(receiver.url)
    assert [record for record in caplog.records if record.name.startswith("prober")] == []  # no fault of our own


@pytest.mark.anyio
@pytest.mark.parametrize("name", KINDS)
async def test_a_receiver_that_is_not_there_is_tried_again(name: str) -> None:
    async with answering(b"") as gone:
        pass
    with pytest.raises(DeliveryError, match="no connection: connection refused") as failed:
        await channel(name, gone.url).send(PARCELS["incident_opened"])
    assert not failed.value.permanent
