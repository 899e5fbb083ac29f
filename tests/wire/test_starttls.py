"""How TLS begins on a connection that begins without."""

import pytest

from prober.core.reason import Reason
from prober.wire.failure import Failed
from prober.wire.starttls import UPGRADES, upgrade
from tests.wire.hostile import Act, Peer
from tests.wire.starttls_servers import OPENINGS, Opening, ldap_long, ldap_says
from tests.wire.test_dialogue import says, talking

pytestmark = pytest.mark.anyio


def stays(opening: Opening) -> Act:
    async def act(peer: Peer) -> None:
        await opening(peer)
        await peer.stall()

    return act


async def offers_nothing(peer: Peer) -> None:
    await peer.say(b"220 ready\r\n")
    await peer.line()
    await peer.say(b"250-mail.test\r\n250 STARTTLSX\r\n")


async def refuses_late(peer: Peer) -> None:
    await peer.say(b"* OK ready\r\n")
    await peer.line()
    await peer.say(b"a NO not now\r\n")


async def goes_on_in_plain(peer: Peer) -> None:
    await peer.say(b"+OK ready\r\n")
    await peer.line()
    await peer.say(b"+OK begin\r\n+OK injected\r\n")
    await peer.stall()


async def test_every_protocol_has_a_server_in_these_tests() -> None:
    assert list(OPENINGS) == list(UPGRADES)


@pytest.mark.parametrize("protocol", UPGRADES)
async def test_a_server_that_consents_is_left_where_tls_begins(protocol: str) -> None:
    async with talking(stays(OPENINGS[protocol])) as talk:
        await upgrade(talk, protocol)
        assert talk.is_quiet


async def test_lengths_may_be_written_long_in_ldap() -> None:
    async with talking(stays(ldap_long)) as talk:
        await upgrade(talk, "ldap")


@pytest.mark.parametrize(
    ("protocol", "act", "said"),
    [
        ("smtp", says(b"554 no\r\n"), 'expected 220, found "554 no"'),
        ("smtp", says(b"2200 no\r\n"), 'expected 220, found "2200 no"'),
        ("smtp", offers_nothing, "the peer does not offer STARTTLS"),
        ("smtp", says(b"220-without\r\n" * 9999), "the peer says more than 65536 bytes"),
        ("imap", says(b"* BYE\r\n"), r'expected \* OK, found "\* BYE"'),
        ("imap", refuses_late, 'expected a OK, found "a NO not now"'),
        ("pop3", says(b"-ERR\r\n"), r'expected \+OK, found "-ERR"'),
        ("pop3", goes_on_in_plain, "the peer goes on in plain where TLS was going to begin"),
        ("ftp", says(b"220 a\r\n502 b\r\n"), 'expected 234, found "502 b"'),
        ("postgres", says(b"N"), 'expected S, found "N"'),
        ("postgres", says(b""), "the peer closed the connection without an answer"),
        ("ldap", says(b"HTTP/1.1 400\r\n"), 'expected an LDAP response, found "HT"'),
        ("ldap", says(b"\x30\x84\xff\xff\xff\xff"), "expected an LDAP response"),
        ("ldap", says(b"\x30\x80"), "expected result 0, found another message"),
        ("ldap", says(b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00"), "expected result 0, found 52"),
        ("ldap", ldap_says(b"\x30\x03\x02\x01\x02"), "expected result 0, found another message"),
    ],
)
async def test_who_does_not_consent_is_told_by_what_was_said_instead(protocol: str, act: Act, said: str) -> None:
    async with talking(act) as talk:
        with pytest.raises(Failed, match=said) as caught:
            await upgrade(talk, protocol)
    assert caught.value.reason is Reason.STARTTLS_REFUSED
