"""From a name to an address, and what it means when there is none."""

import socket
from contextlib import suppress

import pytest

from prober.core.reason import Reason
from prober.wire.address import Address, literal
from prober.wire.failure import Failed
from prober.wire.resolve import chosen, failed_lookup, resolve


@pytest.mark.anyio
@pytest.mark.parametrize(("family", "versions"), [("any", {4, 6}), ("4", {4})])
async def test_a_name_is_looked_up_in_the_family_that_was_asked_for(family: str, versions: set[int]) -> None:
    address = await resolve("localhost", family)
    assert address in (Address("127.0.0.1", 4), Address("::1", 6))
    assert address.version in versions


@pytest.mark.anyio
async def test_the_other_family_is_not_taken_instead() -> None:
    with suppress(Failed):  # where localhost has no address of IPv6
        assert (await resolve("localhost", "6")).version == 6


@pytest.mark.parametrize(
    ("ips", "other"),
    [
        (("2001:db8::1", "2001:db8::2", "192.0.2.1"), "192.0.2.1"),
        (("192.0.2.1", "2001:db8::1"), "2001:db8::1"),
        (("192.0.2.1", "192.0.2.2"), "192.0.2.1"),
    ],
)
def test_another_way_is_the_other_family_where_there_is_one(ips: tuple[str, ...], other: str) -> None:
    addresses = [address for ip in ips if (address := literal(ip)) is not None]
    assert chosen(addresses, other_way=False).ip == ips[0]
    assert chosen(addresses, other_way=True).ip == other


@pytest.mark.anyio
@pytest.mark.parametrize(("host", "family"), [("127.0.0.1", "6"), ("::1", "4")])
async def test_an_address_of_the_other_family_is_none(host: str, family: str) -> None:
    with pytest.raises(Failed, match=f"{host} is no IPv{family} address") as caught:
        await resolve(host, family)
    assert caught.value.reason is Reason.DNS_NO_ADDRESS


@pytest.mark.anyio
async def test_a_name_that_cannot_be_is_said_in_one_sentence() -> None:
    # The system's resolver refuses such a name by itself: nobody is asked.
    with pytest.raises(Failed, match=r"^looking up a b: [a-z]") as caught:
        await resolve("a b", "any")
    assert caught.value.reason is Reason.DNS_NXDOMAIN


@pytest.mark.parametrize(
    ("number", "reason", "owner"),
    [
        (socket.EAI_NONAME, Reason.DNS_NXDOMAIN, "target"),
        (socket.EAI_NODATA, Reason.DNS_NO_ADDRESS, "target"),
        (socket.EAI_FAIL, Reason.DNS_SERVFAIL, "target"),
        (socket.EAI_AGAIN, Reason.SELF_DNS, "self"),
        (socket.EAI_MEMORY, Reason.SELF_DNS, "self"),
    ],
)
def test_the_resolvers_error_tells_whose_fault_it_is(number: int, reason: Reason, owner: str) -> None:
    failed = failed_lookup(socket.gaierror(number, "Some words"), "shop.test")
    assert (failed.reason, failed.reason.owner) == (reason, owner)
    assert failed.detail == "looking up shop.test: some words"
