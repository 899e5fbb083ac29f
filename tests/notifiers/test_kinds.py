"""What holds for every kind of channel, whatever it speaks."""

from typing import NamedTuple

import pytest
from pydantic import ValidationError

from prober.errors import DeliveryError
from prober.notifiers import KINDS, kind
from tests.notifiers.channels import HUSH, KEYS, channel
from tests.notifiers.mailservers import scripted
from tests.notifiers.parcels import PARCELS
from tests.notifiers.receivers import HANGS, Drips, answering, status


class Bad(NamedTuple):
    """A bad answer, in HTTP and in SMTP; whether it is final; what the receiver wishes, which SMTP cannot say."""

    http: bytes | None
    smtp: bytes | None
    is_final: bool
    wish_s: float | None = None


BAD = {
    "500": Bad(status("500 Oops", body=b"oops"), b"451 oops\r\n", is_final=False),
    "503": Bad(status("503 Busy"), b"421 busy\r\n", is_final=False),
    "429 with Retry-After": Bad(status("429 Slow", "Retry-After: 7"), b"450 slow\r\n", is_final=False, wish_s=7.0),
    "400": Bad(status("400 Bad", body=HUSH.encode()), b"501 bad\r\n", is_final=True),
    "410": Bad(status("410 Gone"), b"550 gone\r\n", is_final=True),
    "a redirect inward": Bad(
        status("307 There", "Location: http://127.0.0.1:9/"), b"551 try <a@b.example>\r\n", is_final=True
    ),
    "garbage": Bad(b"\x00\xff garbage\r\n\r\n" * 100, b"\x00\xff garbage\r\n", is_final=False),
    "nothing": Bad(b"", b"", is_final=False),
    "slow": Bad(Drips(status("200 OK", f"X: {'x' * 3000}")), Drips(b"250 " + b"o" * 400 + b"\r\n"), is_final=False),
    "a hang": Bad(HANGS, HANGS, is_final=False),
}


ENDLESS = {"slow", "a hang"}
SMTP = {"email"}
SAYS_NO_WISH = {"email", "apprise"}
SAYS_NO_PLACE = {"apprise": "apprise json://...: "}
# What waits in a process of its own gives up by itself, unless something comes now and then.
LIMIT = {("apprise", bad): "5s" if bad == "slow" else "30s" for bad in BAD}


def test_every_kind_is_put_to_the_test() -> None:
    assert list(KEYS) == list(KINDS)


@pytest.mark.anyio
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("bad", BAD)
async def test_a_bad_answer_is_told_as_what_it_is(name: str, bad: str, caplog: pytest.LogCaptureFixture) -> None:
    given = BAD[bad]
    async with scripted(given.smtp) if name in SMTP else answering(given.http) as receiver:
        one = channel(name, receiver.url, timeout=LIMIT.get((name, bad), "300ms" if bad in ENDLESS else "10s"))
        with pytest.raises(DeliveryError) as failed:
            await one.send(PARCELS["incident_opened"])
        await one.aclose()
    wish_s = None if name in SAYS_NO_WISH else given.wish_s
    assert (failed.value.permanent, failed.value.retry_after_s) == (given.is_final, wish_s)
    assert len(receiver.requests) == 1
    assert HUSH not in str(failed.value)
    assert str(failed.value).startswith(SAYS_NO_PLACE.get(name, receiver.url))
    assert [record for record in caplog.records if record.name.startswith("prober")] == []  # no fault of our own


@pytest.mark.anyio
@pytest.mark.parametrize("name", KINDS)
async def test_a_receiver_that_is_not_there_is_tried_again(name: str) -> None:
    async with answering(b"") as gone:
        pass
    with pytest.raises(DeliveryError, match=r"no connection: connection refused|not delivered") as failed:
        await channel(name, gone.url).send(PARCELS["incident_opened"])
    assert not failed.value.permanent


@pytest.mark.parametrize("name", ["webhook", "pagerduty", "alertmanager"])
def test_what_is_for_programs_takes_no_budget(name: str) -> None:
    with pytest.raises(ValidationError, match="none: what it is told is for programs"):
        kind(name).options.model_validate({"kind": name, "storm_budget": 5})


@pytest.mark.parametrize("name", ["webhook", "pagerduty", "alertmanager"])
@pytest.mark.parametrize("key", ["template_title", "template_text"])
def test_what_is_for_programs_takes_no_words(name: str, key: str) -> None:
    with pytest.raises(ValidationError, match="none: what it is told is for programs"):
        kind(name).options.model_validate({"kind": name, key: "{{name}}"})


@pytest.mark.anyio
async def test_a_channels_own_words_are_what_arrives() -> None:
    async with answering(status("200 OK")) as receiver:
        one = channel("ntfy", receiver.url, template_title="{{happened}}", template_text="{{name}} by {{site}}")
        await one.send(PARCELS["incident_opened"])
        await one.aclose()
    assert b"Shop is down by Main" in receiver.requests[0][1]
