"""What is posted to Teams is a card that it takes, and what it refuses is told in its words."""

import json
from typing import Any

import pytest

from prober.core.model import Indicator
from prober.errors import DeliveryError
from prober.notifiers import Receipt
from prober.notifiers.teams import STYLE, payload
from tests.notifiers.channels import channel
from tests.notifiers.parcels import EVERY, PARCELS
from tests.notifiers.receivers import Judge, answering, asked, busy_at_first, status, strict

PARCEL = PARCELS["incident_opened"]
TAKEN = status("202 Accepted")
REFUSED = status("400 Bad Request", body=b'{"error": {"code": "InvalidCard", "message": "The card is not valid."}}')
LIMITED = status("429 Too Many Requests", "Retry-After: 3", body=b'{"error": {"message": "Rate limit is exceeded."}}')


def teams() -> Judge:
    """What a workflow, and the schema of Adaptive Cards, ask of a message."""
    return strict(_check, TAKEN, REFUSED)


def _check(_path: str, message: Any) -> None:
    assert len(json.dumps(message, ensure_ascii=False).encode()) <= 28 * 1024
    assert message.keys() == {"type", "attachments"}
    assert message["type"] == "message"
    (attachment,) = message["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert card["body"]
    for element in card["body"]:
        _check_element(**element)
    for action in card["actions"]:
        assert action["type"] == "Action.OpenUrl"
        assert action["title"]
        assert action["url"].startswith("https://")


def _check_element(type: str, **keys: Any) -> None:
    if type == "Container":
        assert keys["style"] in {"default", "emphasis", "good", "attention", "warning", "accent"}
        for item in keys["items"]:
            _check_element(**item)
    elif type == "FactSet":
        assert keys["facts"]
        assert all(fact.keys() == {"title", "value"} and all(fact.values()) for fact in keys["facts"])
    else:
        assert type == "TextBlock"
        assert keys["text"]


def with_body(*elements: Any) -> Any:
    message = json.loads(payload(PARCEL))
    message["attachments"][0]["content"]["body"] = list(elements)
    return message


@pytest.mark.parametrize(
    "message",
    [
        {"text": "a card of the old kind"},
        {"type": "message", "attachments": []},
        with_body(),
        with_body({"type": "TextBlock", "text": ""}),
        with_body({"type": "TextBlock", "text": "a" * 28 * 1024}),
        with_body({"type": "FactSet", "facts": [{"title": "a"}]}),
        with_body({"type": "Container", "style": "bad", "items": []}),
    ],
)
def test_the_stand_in_refuses_what_teams_refuses(message: Any) -> None:
    assert asked(teams(), json.loads(payload(PARCEL))) == TAKEN
    assert asked(teams(), message) == REFUSED


@pytest.mark.anyio
@pytest.mark.parametrize("about", EVERY)
async def test_teams_takes_every_notice(about: str) -> None:
    async with answering(teams()) as receiver:
        assert await channel("teams", receiver.url).send(EVERY[about]) == Receipt(202)


def test_a_card_says_what_happened_and_where_to_look() -> None:
    card = json.loads(payload(PARCEL))["attachments"][0]["content"]
    headline, said, facts = card["body"]
    assert headline["style"] == "attention"
    assert headline["items"][0]["text"] == "\\[Main\\] Opened: Shop is down"
    assert said["text"] == "Shop is down: requests time out. We are investigating."
    assert facts["facts"][0] == {"title": "Impact", "value": "critical"}
    assert card["actions"][0]["url"] == "https://status.example/incidents/q1w2e3r4t5y6"


def test_each_badness_has_its_style() -> None:
    assert set(STYLE) == set(Indicator)


@pytest.mark.anyio
async def test_a_connector_that_says_200_and_failed_has_not_delivered() -> None:
    body = b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429"
    async with answering(status("200 OK", body=body)) as receiver:
        with pytest.raises(DeliveryError, match="answered 200: Webhook message delivery failed") as failed:
            await channel("teams", receiver.url).send(PARCEL)
    assert not failed.value.permanent


@pytest.mark.anyio
async def test_a_connector_that_says_1_has_delivered() -> None:
    async with answering(status("200 OK", body=b"1")) as receiver:
        assert await channel("teams", receiver.url).send(PARCEL) == Receipt(200)


@pytest.mark.anyio
async def test_a_refusal_is_told_in_the_workflows_words() -> None:
    async with answering(REFUSED) as receiver:
        with pytest.raises(DeliveryError) as failed:
            await channel("teams", receiver.url).send(PARCEL)
    assert str(failed.value) == f"{receiver.url}/...: answered 400: The card is not valid."


@pytest.mark.anyio
async def test_what_came_too_soon_is_taken_later() -> None:
    async with answering(busy_at_first(LIMITED, teams())) as receiver:
        one = channel("teams", receiver.url)
        with pytest.raises(DeliveryError, match="Rate limit is exceeded") as failed:
            await one.send(PARCEL)
        assert failed.value.retry_after_s == 3.0
        assert await one.send(PARCEL) == Receipt(202)
