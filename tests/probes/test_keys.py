"""Keys that several kinds have."""

import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from prober.probes.keys import Family, Host, fitting, named_place, place

HOST: TypeAdapter[str] = TypeAdapter(Host)


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("DB.Example.com", "db.example.com"),
        ("[::1]", "::1"),
        ("bücher.test", "xn--bcher-kva.test"),
        ("10.0.0.1", "10.0.0.1"),
    ],
)
def test_a_host_is_kept_in_lower_case_ascii(written: str, host: str) -> None:
    assert HOST.validate_python(written) == host


@pytest.mark.parametrize("written", ["", "a b", "a/b", "a:1", 5, None, "http://a"])
def test_what_is_no_host_is_told_so(written: object) -> None:
    with pytest.raises(ValidationError, match=r'a host name or address such as "db\.example\.com"'):
        HOST.validate_python(written)


@pytest.mark.parametrize(
    ("family", "host"), [("any", "::1"), ("6", "::1"), ("4", "10.0.0.1"), ("6", "db.test"), ("4", None)]
)
def test_a_family_that_the_host_can_have_is_kept(family: Family, host: str | None) -> None:
    assert fitting(family, host) == family


@pytest.mark.parametrize(
    ("target", "keys"),
    [
        ("tls://a.test:8443", {"host": "a.test", "port": 8443}),
        ("TLS://[::1]", {"host": "::1"}),
        ("a.test:8443", None),
        ("http://a.test", None),
        ("tls://", None),
        ("tls://a.test:0", None),
    ],
)
def test_a_place_is_named_by_its_scheme(target: str, keys: dict[str, object] | None) -> None:
    assert named_place(target, "tls") == keys


@pytest.mark.parametrize(("family", "host"), [("4", "::1"), ("6", "10.0.0.1")])
def test_a_family_that_the_address_is_not_of_is_a_mistake(family: Family, host: str) -> None:
    with pytest.raises(PydanticCustomError, match="as the target is an IPv"):
        fitting(family, host)


def test_a_place_is_written_as_people_write_it() -> None:
    assert (place("::1", 22), place("db.test", 22)) == ("[::1]:22", "db.test:22")
