"""What goes through Apprise arrives, in a process that ends with the deadline."""

import json
import sys

import pytest
from pydantic import ValidationError

from prober.errors import DeliveryError
from prober.notifiers import Receipt
from prober.notifiers.apprise import AppriseOptions, message
from tests.notifiers.channels import HUSH, channel
from tests.notifiers.parcels import EVERY, PARCELS
from tests.notifiers.receivers import HANGS, answering, status, utf16

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("about", ["incident_opened", "incident_resolved", "heavy incident"])
async def test_apprise_carries_a_notice(about: str) -> None:
    async with answering(status("200 OK")) as receiver:
        assert await channel("apprise", receiver.url).send(EVERY[about]) == Receipt()
    headers, body = receiver.requests[0]
    told = json.loads(body)
    given = message(EVERY[about], "")
    assert headers[""] == f"POST /{HUSH} HTTP/1.1"
    assert (told["title"], told["type"]) == (given["title"], given["type"])
    assert told["message"].split()[:3] == given["body"].split()[:3]


@pytest.mark.parametrize("about", EVERY)
def test_what_it_is_told_is_bounded(about: str) -> None:
    told = message(EVERY[about], "")
    assert 1 <= utf16(told["title"]) <= 250
    assert 1 <= utf16(told["body"]) <= 10_000


def test_how_bad_it_is_is_told_in_apprises_words() -> None:
    about = ("incident_opened", "incident_resolved", "maintenance_started")
    assert [message(PARCELS[one], "")["type"] for one in about] == ["failure", "success", "info"]


async def test_a_complaint_that_repeats_the_url_is_not_told() -> None:
    async with answering(status("503 Busy")) as receiver:
        with pytest.raises(DeliveryError, match=r"^apprise json://\.\.\.: answered 503") as failed:
            await channel("apprise", receiver.url).send(PARCELS["incident_opened"])
    assert HUSH not in str(failed.value)
    assert "127.0.0.1" not in str(failed.value)


async def test_a_receiver_that_hangs_is_left_at_the_deadline() -> None:
    async with answering(HANGS) as receiver:
        with pytest.raises(DeliveryError, match="no answer within 300ms"):
            await channel("apprise", receiver.url, timeout="300ms").send(PARCELS["incident_opened"])


async def test_a_child_that_cannot_start_is_a_failed_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(DeliveryError, match="the process of Apprise said nothing"):
        await channel("apprise", "http://127.0.0.1:9").send(PARCELS["incident_opened"])


def test_without_the_library_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ValidationError, match=r"pip install 'prober\[apprise\]'"):
        AppriseOptions.model_validate({"kind": "apprise", "url": "json://127.0.0.1/hush"})


@pytest.mark.parametrize("url", ["nothing://hush/hush", "hush", "slack://hush"])
def test_a_url_that_apprise_does_not_take_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValidationError, match="a URL of Apprise's") as failed:
        AppriseOptions.model_validate({"kind": "apprise", "url": url})
    assert "hush" not in str(failed.value).partition("input_value")[0]
