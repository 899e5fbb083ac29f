"""No connection leaves for a forbidden address: a recorder sits where the process asks the system to connect."""

import random
from collections.abc import Sequence
from ipaddress import ip_network

import anyio
import pytest
from pydantic import ValidationError

from prober.errors import DeliveryError
from prober.notifiers.post import Letter, Post
from prober.notifiers.webhook import KIND, WebhookOptions
from prober.wire.guard import Guard
from tests.forbidden import members, recorded, spellings
from tests.notifiers.parcels import PARCELS
from tests.notifiers.receivers import answering, status

pytestmark = pytest.mark.anyio

ALLOWED = "127.1.2.3/32"


class Names:
    """A resolver that answers each look-up with the next of these lists, and the last one from then on."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)

    async def __call__(self, _host: str) -> Sequence[str]:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def post(url: str, guard: Guard) -> Post:
    options = WebhookOptions.model_validate({"kind": "webhook", "url": url, "timeout": "2s"})
    return Post(options, lambda _: Letter(url, b"{}"), guard=guard)


async def refused(url: str, guard: Guard) -> str:
    """Why nothing was sent there: the URL is none already, or the attempt failed."""
    with pytest.raises((DeliveryError, ValidationError)) as found:
        await post(url, guard).send(PARCELS["incident_opened"])
    return str(found.value)


@pytest.mark.parametrize("anyio_backend", [("asyncio", {"use_uvloop": False})])
async def test_thousands_of_ways_inside_lead_nowhere() -> None:
    cases = 0
    with recorded() as targets:
        for address in members():
            text = str(address)
            for host in spellings(address):
                cases += 1
                why = await refused(f"http://{host}:9/hook", Guard())
                assert "not public" in why or "an http or https URL" in why, host
            for answers in ([text], ["1.1.1.1", text], [text, "2606:4700::1111"]):
                cases += 1
                assert "not public" in await refused("http://name.example:9/hook", Guard(look_up=Names(answers)))
    assert cases >= 2_000
    assert targets == []


@pytest.mark.parametrize("anyio_backend", [("asyncio", {"use_uvloop": False})])
async def test_a_name_that_moves_inside_is_followed_by_no_attempt() -> None:
    """The first look-up gives an allowed address, which does not listen; each later one a forbidden one."""
    with recorded() as targets:
        for address in members():
            names = Names([ALLOWED.partition("/")[0]], [str(address)])
            moving = post("http://name.example:9/hook", Guard([ip_network(ALLOWED)], names))
            with pytest.raises(DeliveryError):
                await moving.send(PARCELS["incident_opened"])
            with pytest.raises(DeliveryError, match="not public"):
                await moving.send(PARCELS["incident_opened"])
    assert set(targets) == {"127.1.2.3"}
    assert len(targets) == len(list(members()))


@pytest.mark.parametrize("anyio_backend", [("asyncio", {"use_uvloop": False})])
async def test_a_redirect_inside_is_not_followed_and_an_allowed_address_is_reached() -> None:
    draw = random.Random(7)
    inside = [str(address) for address in draw.sample(list(members()), 100)]
    places = [f"http://{f'[{text}]' if ':' in text else text}:9/" for text in inside]
    with recorded() as targets:
        for place in places:
            async with answering(status("307 Moved", f"Location: {place}")) as receiver:
                guard = Guard([ip_network("127.0.0.1/32")], Names(["127.0.0.1"]))
                url = receiver.url.replace("127.0.0.1", "name.example")
                assert "redirects are not followed" in await refused(url, guard)
                assert receiver.requests[0][0]["host"].startswith("name.example:")
    assert set(targets) == {"127.0.0.1"}
    assert len(targets) == len(places)


async def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with answering(status("200 OK")) as proxy, answering(status("204 No Content")) as receiver:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        receipt = await post(receiver.url, Guard([ip_network("127.0.0.0/8")])).send(PARCELS["incident_opened"])
        assert (receipt.status, proxy.requests) == (204, [])


async def test_a_webhook_with_public_only_goes_nowhere_else() -> None:
    async with answering(status("200 OK")) as receiver:
        keys = {"kind": "webhook", "url": receiver.url, "public_only": True}
        sender = KIND.build(WebhookOptions.model_validate(keys))
        with pytest.raises(DeliveryError, match="loopback"):
            await sender.send(PARCELS["incident_opened"])
        assert receiver.requests == []
        allowing = KIND.build(WebhookOptions.model_validate(keys | {"allow": ["127.0.0.0/8"]}))
        with anyio.fail_after(10):
            assert (await allowing.send(PARCELS["incident_opened"])).status == 200
