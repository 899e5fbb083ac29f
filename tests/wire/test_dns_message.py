"""The bytes of questions and answers; dnspython, which knows all of DNS, is the judge."""

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prober.wire.dns_message import AAAA, NOERROR, NS, ROOT, A, Reply, question, read_reply, wire_name
from tests.wire.dns_server import answers

SHOP = wire_name("shop.test")
ASKED = question(SHOP, A)


def said(*records: str, flags: str = "QR RA", rcode: str = "NOERROR", asked: str = "shop.test") -> bytes:
    return answers(*records, flags=flags, rcode=rcode)(dns.message.make_query(asked, "A", id=1), "udp")[0]


@pytest.mark.parametrize("host", ["shop.test", "SHOP.test.", "a-b._c.x", "x" * 63, ".".join(["x" * 60] * 4)])
def test_a_name_is_written_as_others_write_it(host: str) -> None:
    assert wire_name(host) == dns.name.from_text(host).canonicalize().to_wire()


@pytest.mark.parametrize("host", ["", ".", "a..b", ".a", "a b", "a\0", "ä", "x" * 64, ".".join(["x" * 60] * 5), "a.."])
def test_what_no_host_can_be_called_is_refused(host: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  which says no more than that it cannot be one
        wire_name(host)


@pytest.mark.parametrize(
    ("name", "type_", "text"), [(SHOP, A, "shop.test. A"), (SHOP, AAAA, "shop.test. AAAA"), (ROOT, NS, ". NS")]
)
def test_a_question_is_read_by_others_as_it_is_meant(name: bytes, type_: int, text: str) -> None:
    asked = dns.message.from_wire(b"ID" + question(name, type_).tail)
    (one,) = asked.question
    assert f"{one.name} {dns.rdatatype.to_text(one.rdtype)}" == text
    assert asked.flags == dns.flags.RD


def test_what_is_said_of_the_name_is_read() -> None:
    found = read_reply(
        said(
            "shop.test. 60 IN CNAME Far.test.",
            "far.test. 30 IN A 192.0.2.1",
            "far.test. 30 IN A 192.0.2.2",
            "other.test. 9 IN AAAA ::1",
            "far.test. 9 IN TXT x",
        ),
        ASKED,
    )
    assert found == Reply(
        NOERROR,
        is_truncated=False,
        is_authoritative=False,
        recurses=True,
        addresses={wire_name("far.test"): (("192.0.2.1", "192.0.2.2"), 30)},
        aliases={SHOP: (wire_name("far.test"), 60)},
    )


def test_a_time_to_live_that_cannot_be_is_none() -> None:
    data = bytearray(said("shop.test. 60 IN A 192.0.2.1"))
    data[-10] = 0x80
    found = read_reply(bytes(data), ASKED)
    assert found is not None
    assert found.addresses[SHOP] == (("192.0.2.1",), 0)


@pytest.mark.parametrize(
    ("data", "is_answer"),
    [
        (said(), True),
        (said(asked="SHOP.test"), True),
        (said(asked="other.test"), False),
        (b"ID" + ASKED.tail, False),
        (b"ID\x80\x01\0\0\0\0\0\0\0\0", True),
        (b"ID\x80\x00\0\0\0\0\0\0\0\0", False),
        (b"ID\x80\x01\0\2\0\0\0\0\0\0" + ASKED.tail[10:] * 2, False),
        (b"ID\x88\x00\0\1\0\0\0\0\0\0" + ASKED.tail[10:], False),
        (b"", False),
        (b"ID\x80\x00\0\1\0\0\0\0\0\0", False),
        (b"ID\x80\x00\0\1\0\0\0\0\0\0" + ASKED.tail[10:-1], False),
        (b"ID\x80\x00\0\1\0\1\0\0\0\0" + ASKED.tail[10:], False),
        # names that lead to themselves, forwards, or on without end
        (b"ID\x80\x00\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1", False),
        (b"ID\x80\x00\0\1\0\1\0\0\0\0" + ASKED.tail[10:] + b"\xc0\xff\0\1\0\1\0\0\0\0\0\4aaaa", False),
        (b"ID\x80\x00\0\1\0\1\0\0\0\0" + ASKED.tail[10:] + b"\x40" + b"a" * 64 + b"\0\0\1\0\1\0\0\0\0\0\4aaaa", False),
        (b"ID\x80\x00\0\1\0\1\0\0\0\0" + ASKED.tail[10:] + b"\x3fa" * 200, False),
        # addresses that are too short or too long
        (b"ID\x80\x00\0\1\0\1\0\0\0\0" + ASKED.tail[10:] + b"\xc0\x0c\0\1\0\1\0\0\0\0\0\3aaa", False),
        (b"ID\x80\x00\0\1\0\1\0\0\0\0" + ASKED.tail[10:] + b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4aaa", False),
        (b"ID\x80\x00\0\1\0\1\0\0\0\0" + ASKED.tail[10:] + b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4aaaa", True),
    ],
)  # fmt: skip
def test_what_is_no_answer_to_the_question_is_none(data: bytes, is_answer: bool) -> None:
    assert (read_reply(data, ASKED) is not None) is is_answer


NAMES = st.sampled_from(["shop.test.", "a.test.", "b.a.test.", "c.org.", "shop.test.a.test."])
RECORDS = st.one_of(
    st.tuples(NAMES, st.integers(0, 2**31 - 1), st.just("A"), st.sampled_from(["192.0.2.1", "192.0.2.2", "10.0.0.1"])),
    st.tuples(NAMES, st.integers(0, 2**31 - 1), st.just("CNAME"), NAMES),
    st.tuples(NAMES, st.integers(0, 2**31 - 1), st.just("AAAA"), st.just("2001:db8::1")),
    st.tuples(NAMES, st.integers(0, 2**31 - 1), st.just("MX"), NAMES.map(lambda name: f"10 {name}")),
)


@given(st.lists(RECORDS, max_size=12, unique_by=lambda record: record[0] if record[2] == "CNAME" else record))
def test_both_read_the_same_addresses_and_aliases(records: list[tuple[str, int, str, str]]) -> None:
    data = said(*(f"{name} {ttl} IN {type_} {text}" for name, ttl, type_, text in records))
    theirs, ours = dns.message.from_wire(data), read_reply(data, ASKED)
    assert ours is not None
    addresses = {
        wire_name(str(rrset.name)): ({record.address for record in rrset}, rrset.ttl)
        for rrset in theirs.answer
        if rrset.rdtype == dns.rdatatype.A
    }
    assert {name: (set(ips), ttl_s) for name, (ips, ttl_s) in ours.addresses.items()} == addresses
    aliases = {rrset.name.to_wire(): rrset[0].target for rrset in theirs.answer if rrset.rdtype == dns.rdatatype.CNAME}
    assert ours.aliases.keys() == aliases.keys()


@given(st.data())
def test_whatever_comes_is_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(said("shop.test. 60 IN CNAME far.test.", "far.test. 30 IN A 192.0.2.1"))
    for at, byte in data.draw(st.lists(st.tuples(st.integers(2, len(whole) - 1), st.integers(0, 255)), max_size=4)):
        whole[at] = byte
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    found = read_reply(cut, ASKED)
    try:
        theirs = dns.message.from_wire(cut)
    except (dns.exception.DNSException, ValueError):
        return
    if found is not None and theirs.question:
        assert theirs.question[0].name.canonicalize().to_wire() == SHOP
        assert found.code == theirs.rcode() & 0xF
