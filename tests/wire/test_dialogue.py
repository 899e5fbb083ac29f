"""What a peer says, line by line or in bytes, and within bounds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from prober.core.reason import Reason
from prober.wire.address import Address
from prober.wire.connect import connect
from prober.wire.dialogue import MAX_BYTES, Dialogue, shown
from prober.wire.failure import Failed
from tests.wire.hostile import Act, Peer, resets_at_once, serving

pytestmark = pytest.mark.anyio


def says(*pieces: bytes) -> Act:
    """Says the pieces and ends, but does not hang up: what it has not read would make that a reset."""

    async def act(peer: Peer) -> None:
        await peer.say(*pieces)
        peer.end()
        await peer.stall()

    return act


@asynccontextmanager
async def talking(act: Act) -> AsyncIterator[Dialogue]:
    async with serving(act) as port:
        transport, talk = await connect(lambda: Dialogue(Reason.STARTTLS_REFUSED), Address("127.0.0.1", 4), port)
        try:
            yield talk
        finally:
            transport.abort()


async def test_lines_and_bytes_come_in_the_order_they_were_said() -> None:
    async with talking(says(b"220 rea", b"dy\r\nab", b"c\n")) as talk:
        assert (await talk.line(), await talk.exactly(2), await talk.line()) == (b"220 ready", b"ab", b"c")
        assert talk.is_quiet


async def test_what_is_said_to_the_peer_arrives() -> None:
    async def echoes(peer: Peer) -> None:
        await peer.say((await peer.line()).upper())

    async with talking(echoes) as talk:
        talk.say(b"ehlo\r\n")
        assert await talk.line() == b"EHLO"


@pytest.mark.parametrize(
    ("act", "reason", "said"),
    [
        (says(b""), Reason.STARTTLS_REFUSED, "the peer closed the connection without an answer"),
        (says(b"220"), Reason.STARTTLS_REFUSED, "the peer closed the connection within an answer"),
        (says(b"x" * (MAX_BYTES + 1)), Reason.STARTTLS_REFUSED, f"the peer says more than {MAX_BYTES} bytes"),
    ],
)
async def test_a_peer_that_does_not_say_what_is_waited_for_ends_the_probe(act: Act, reason: Reason, said: str) -> None:
    async with talking(act) as talk:
        with pytest.raises(Failed, match=said) as caught:
            await talk.line()
        talk.say(b"too late")
        with pytest.raises(Failed, match=said):
            await talk.exactly(MAX_BYTES)
    assert caught.value.reason is reason


async def test_a_connection_that_is_reset_is_told_so() -> None:
    async with talking(resets_at_once) as talk:
        with pytest.raises(Failed) as caught:
            await talk.line()
    assert caught.value.reason is Reason.CONNECT_RESET


async def test_who_waits_can_be_cancelled() -> None:
    async def stalls(peer: Peer) -> None:
        await peer.stall()

    async with talking(stalls) as talk:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(talk.line(), 0.01)


async def test_what_was_said_is_shown_in_plain_characters_and_not_all_of_it() -> None:
    assert shown(b"554 \x1b[31mno\xff") == '"554 ?[31mno?"'
    assert len(shown(b"x" * 999)) == 65
