"""Which addresses are public, whatever they are written in."""

from ipaddress import IPv6Address, ip_address, ip_network

import pytest

from prober.wire.guard import SPECIAL_V4, SPECIAL_V6, ForbiddenAddress, Guard, forbidden

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "text", ["1.1.1.1", "93.184.215.14", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::8a"]
)
def test_public_addresses_may_be_reached(text: str) -> None:
    assert forbidden(ip_address(text)) is None


# Those two carry IPv4 addresses, and are judged by them.
@pytest.mark.parametrize(
    "network", [t for t, _ in (*SPECIAL_V4, *SPECIAL_V6) if t not in ("64:ff9b::/96", "::ffff:0:0/96")]
)
def test_both_ends_of_each_special_range_are_forbidden(network: str) -> None:
    found = ip_network(network)
    assert forbidden(found[0])
    assert forbidden(found[-1])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:1.1.1.1", None),
        ("64:ff9b::10.0.0.1", "private use"),
        ("64:ff9b::1.1.1.1", None),
        ("2002:7f00:1::", "loopback"),
        ("2002:101:101::", "6to4"),
        ("2001:0:1:2:3:4:80ff:fffe", "loopback"),
        ("::127.0.0.1", "loopback"),
        ("2606:4700::5efe:10.0.0.1", "private use"),
        ("4000::1", "reserved"),
    ],
)
def test_what_carries_an_address_is_judged_by_it(text: str, kind: str | None) -> None:
    assert forbidden(IPv6Address(text)) == kind


def test_an_operator_may_allow_a_network() -> None:
    allowed = [ip_network("10.1.0.0/16")]
    assert forbidden(ip_address("10.1.2.3"), allowed) is None
    assert forbidden(ip_address("::ffff:10.1.2.3"), allowed) is None
    assert forbidden(ip_address("10.2.0.1"), allowed) == "private use"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "017700000001", "0", "localhost"])
async def test_every_spelling_of_loopback_is_judged_by_what_it_leads_to(host: str) -> None:
    with pytest.raises(ForbiddenAddress):
        await Guard().addresses(host)


async def test_one_forbidden_address_forbids_them_all() -> None:
    async def look_up(_host: str) -> list[str]:
        return ["1.1.1.1", "fe80::1%eth0"]

    with pytest.raises(ForbiddenAddress, match="link local"):
        await Guard(look_up=look_up).addresses("mixed.example")
