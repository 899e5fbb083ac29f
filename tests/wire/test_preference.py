"""In which order addresses are used."""

import pytest

from prober.wire.address import Address, literal
from prober.wire.preference import preferred, source_of

OURS = {"4": "198.51.100.7", "6": "2001:db8:7::1", "ula": "fd00::7", "ll": "fe80::7"}


@pytest.mark.parametrize(
    ("ips", "sources", "wanted"),
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
def test_the_best_goes_first(ips: list[str], sources: str, wanted: list[str]) -> None:
    def source(address: Address) -> str | None:
        if sources == "loopback":
            return address.ip
        six = {"6": OURS["6"], "u": OURS["ula"], "l": OURS["ll"]}
        if address.version == 4:
            return OURS["4"] if "4" in sources else None
        return next((six[letter] for letter in sources if letter in six), None)

    addresses = [address for ip in ips if (address := literal(ip)) is not None]
    assert [address.ip for address in preferred(addresses, source)] == wanted


def test_the_system_tells_where_we_would_come_from() -> None:
    assert source_of(Address("127.0.0.1", 4)) == "127.0.0.1"
    assert source_of(Address("300.0.0.1", 4)) is None
