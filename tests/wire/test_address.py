"""What a host already is."""

import pytest

from prober.wire.address import Address, literal


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", Address("127.0.0.1", 4)),
        ("::1", Address("::1", 6)),
        ("0:0::1", Address("::1", 6)),
        ("localhost", None),
        ("1.2.3", None),
        ("1.2.3.4.5", None),
        ("", None),
        ("1.2.3.4\0", None),
    ],
)
def test_an_address_is_known_without_asking(host: str, address: Address | None) -> None:
    assert literal(host) == address
