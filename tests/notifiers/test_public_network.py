"""What an outsider asks us to call must not be what only we can reach."""

import pytest

from prober.errors import DeliveryError
from prober.notifiers import callback
from prober.notifiers.public_network import is_public
from prober.notifiers.webhook import KIND
from tests.notifiers.parcels import PARCELS
from tests.notifiers.receivers import answering, status

INSIDE = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1"),
    *("::1", "::", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "2002:7f00:1::", "ff02::1"),
]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_that_only_we_can_reach_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111"])
def test_addresses_that_everybody_can_reach_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_callback_that_leads_inside_is_not_made(host: str) -> None:
    async with answering(status("204 No Content")) as receiver:
        url = receiver.url.replace("127.0.0.1", host)
        content = {"name": "Ops", "endpoint": url}
        with pytest.raises(DeliveryError, match="no connection"):
            await KIND.build(callback(content, is_public_only=True)).send(PARCELS["incident_opened"])
        assert receiver.requests == []
        assert (
            await KIND.build(callback(content, is_public_only=False)).send(PARCELS["incident_opened"])
        ).status == 204
