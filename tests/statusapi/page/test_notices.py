"""The operators' page of what waits and what was given up."""

from pathlib import Path

import pytest

from prober.store import Attempt, ChannelState
from tests.builders import T0
from tests.statusapi.scene import ACME, ADMIN, Scene, scene
from tests.statusapi.test_delivery import OPS, failed

pytestmark = pytest.mark.anyio

MAIL = """
[channels.mail]
kind = "webhook"
url = "http://127.0.0.1:9/mail"
[subscriptions.mail]
channel = "mail"
"""


async def page(it: Scene) -> str:
    answer = await it.public.get("/-/notices", auth=("operator", ADMIN))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    return answer.text


async def test_what_was_given_up_is_shown_with_its_error_and_how_to_send_it_again(tmp_path: Path) -> None:
    async with scene(tmp_path, OPS) as it:
        id_ = await failed(it)
        text = await page(it)
        assert "answered 400" in text
        assert f"prober notices replay {id_}" in text
        assert "1 given up" in text


async def test_what_waits_is_shown_with_its_next_attempt_those_broken_first(tmp_path: Path) -> None:
    async with scene(tmp_path, OPS + MAIL) as it:
        await it.see("down down")
        (one,) = await it.store.outbox.pending("mail", 9)
        why = "answered 503: <b>no</b>"
        await it.store.outbox.tried(Attempt(one.notice.id, 1, T0, 12, 503, why, T0 + 3_600_000))
        await it.store.outbox.put_channel(ChannelState("mail", T0 - 10**9, T0, why))
        text = await page(it)
        assert text.index(">mail <") < text.index(">hook <")
        for said in (
            "is disabled",
            "1 waiting, the oldest since",
            "23:13 UTC",
            "&lt;b&gt;",
            "prober channels enable mail",
        ):
            assert said in text
        assert "<b>no" not in text
        assert "/mail" not in text


async def test_without_channels_it_says_so(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        answer = await it.public.get("/-/notices", headers={"Authorization": f"Bearer {ADMIN}"})
        assert "No channel is configured." in answer.text


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (None, 401),
        (f"Bearer {ACME}", 403),
        ("Bearer unknown-key-0123456789", 401),
        ("Basic ***", 401),
        ("Basic /w==", 401),
    ],
)
async def test_it_is_the_admins(tmp_path: Path, said: str | None, status: int) -> None:
    async with scene(tmp_path, OPS) as it:
        await failed(it)
        answer = await it.public.get("/-/notices", headers={} if said is None else {"Authorization": said})
        assert answer.status_code == status
        assert "msg_" not in answer.text
        assert status != 401 or answer.headers["www-authenticate"].startswith("Basic ")
