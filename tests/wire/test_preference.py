"""In which order addresses are used."""

from collections.abc import Sequence

import pytest

from prober.wire.address import Address, literal
from prober.wire.preference import preferred, sources

OURS = {"4": "198.51.100.7", "6": "2001:db8:7::1", "ula": "fd00::7", "ll": "fe80::7"}


@pytest.mark.parametrize(
    ("ips", "sources_", "wanted"),
    [
        # Where both ways are open IPv6 goes first, and each family stays in its own order.
        (["192.0.2.2", "192.0.2.1", "2001:db8::2"], "46", ["2001:db8::2", "192.0.2.2", "192.0.2.1"]),
        (["192.0.2.1", "2001:db8::2", "2001:db8::1"], "46", ["2001:db8::2", "2001:db8::1", "192.0.2.1"]),
        (["192.0.2.2", "192.0.2.1"], "46", ["192.0.2.2", "192.0.2.1"]),
        (["2001:db8::1", "192.0.2.1"], "4", ["192.0.2.1", "2001:db8::1"]),
        (["192.0.2.1", "2001:db8::1"], "6", ["2001:db8::1", "192.0.2.1"]),
        (["192.0.2.1", "2001:db8::1"], "", ["2001:db8::1", "192.0.2.1"]),
        # An address that is reached from a narrower network of ours is not for us.
        (["2001:db8::1", "192.0.2.1"], "4l", ["192.0.2.1", "2001:db8::1"]),
        (["2001:db8::1", "192.0.2.1"], "4u", ["192.0.2.1", "2001:db8::1"]),
        (["fd00::1", "192.0.2.1"], "4u", ["192.0.2.1", "fd00::1"]),
        (["2002::1", "192.0.2.1"], "46", ["192.0.2.1", "2002::1"]),
        (["127.0.0.1", "::1"], "loopback", ["::1", "127.0.0.1"]),
    ],
)  # fmt: skip
def test_the_best_goes_first(ips: list[str], sources_: str, wanted: list[str]) -> None:
    def source(addresses: Sequence[Address]) -> dict[Address, str]:
        if sources_ == "loopback":
            return {address: address.ip for address in addresses}
        six = {"6": OURS["6"], "u": OURS["ula"], "l": OURS["ll"]}
        ours = {4: OURS["4"] if "4" in sources_ else None, 6: next((six[one] for one in sources_ if one in six), None)}
        return {address: here for address in addresses if (here := ours[address.version]) is not None}

    addresses = [address for ip in ips if (address := literal(ip)) is not None]
    assert [address.ip for address in preferred(addresses, source)] == wanted


def test_the_system_tells_where_we_would_come_from() -> None:
    known, nowhere = Address("127.0.0.1", 4), Address("300.0.0.1", 4)
    assert sources([known, nowhere]) == {known: "127.0.0.1"}
