"""One question to one name server."""

from contextlib import suppress

import anyio
import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prober.core.model import Phase
from prober.core.reason import Reason
from prober.wire.address import Address
from prober.wire.failure import Failed
from prober.wire.nameserver import NO_ANSWER, ask_by_tcp, ask_by_udp, parsed, question, read
from tests.wire.dns_server import Answer, answers, name_server, says, with_id

LOOPBACK = Address("127.0.0.1", 4)
SHOP = dns.name.from_text("shop.test")
GOOD = answers("shop.test. 60 IN A 192.0.2.1")


def ask(recursive: bool = True) -> dns.message.QueryMessage:
    return question(SHOP, dns.rdatatype.A, recursive)


def test_a_question_is_a_new_one_each_time() -> None:
    assert len({ask().id for _ in range(20)}) > 15
    assert ask().flags & dns.flags.RD
    assert not ask(recursive=False).flags & dns.flags.RD


@pytest.mark.anyio
async def test_an_answer_comes_by_udp_and_by_tcp() -> None:
    phases: list[Phase] = []
    doubts: list[Failed] = []
    asked = ask()
    async with name_server(GOOD) as port:
        by_udp = await ask_by_udp(asked, LOOPBACK, port, phases.append, doubts.append)
        by_tcp = await ask_by_tcp(asked, LOOPBACK, port, phases.append)
    assert by_udp.answer == by_tcp.answer
    assert doubts == []
    assert phases == [Phase.SEND, Phase.PROCESSING, Phase.CONNECT, Phase.SEND, Phase.PROCESSING]


@pytest.mark.anyio
async def test_a_large_answer_is_read_while_the_loop_goes_on() -> None:
    turns, over, told = 0, anyio.Event(), dns.message.make_response(ask())
    addresses = [f"10.0.{n // 250}.{n % 250}" for n in range(3_500)]
    told.answer.append(dns.rrset.from_text(SHOP, 60, "IN", "A", *addresses))
    data = told.to_wire(max_size=65_535)

    async def turn() -> None:
        nonlocal turns
        while not over.is_set():
            turns += 1
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(turn)
        await anyio.lowlevel.checkpoint()
        before = turns
        answer = await read(data)
        over.set()
    assert turns > before
    assert answer.answer == told.answer
    assert len(answer.answer[0]) == 3_500


@pytest.mark.anyio
async def test_answers_that_do_not_fit_are_passed_over_until_one_does() -> None:
    def several(asked: dns.message.Message, transport: str) -> list[bytes]:
        other = dns.message.make_query("other.test", "A", id=asked.id)
        return [*with_id(GOOD, 1)(asked, transport), b"x", *GOOD(other, transport), *GOOD(asked, transport)]

    doubts: list[Failed] = []
    async with name_server(several) as port:
        answer = await ask_by_udp(ask(), LOOPBACK, port, lambda _: None, doubts.append)
    assert answer.answer
    assert {doubt.reason for doubt in doubts} == {Reason.DNS_MALFORMED}
    assert len(doubts) == 3


@pytest.mark.anyio
async def test_nothing_but_strays_ends_at_some_time() -> None:
    async with name_server(lambda asked, transport: with_id(GOOD, 1)(asked, transport) * 150) as port:
        with pytest.raises(Failed, match="only answers to another question came"):
            await ask_by_udp(ask(), LOOPBACK, port, lambda _: None, lambda _: None)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (with_id(GOOD, 1), "the answer is to another question"),
        (says(b""), "the answer cannot be read: ShortHeader"),
        (says(b"x" * 40), "the answer cannot be read: "),
        (lambda asked, transport: [], "the peer closed the connection without an answer"),
    ],
)
async def test_by_tcp_the_first_answer_counts(answer: Answer, said: str) -> None:
    async with name_server(answer) as port:
        with pytest.raises(Failed, match=said) as caught:
            await ask_by_tcp(ask(), LOOPBACK, port, lambda _: None)
    assert caught.value.reason is Reason.DNS_MALFORMED


@given(st.binary(max_size=200) | st.binary(max_size=80).map(lambda tail: ask().to_wire()[2:12] + tail))
def test_whatever_comes_is_a_message_or_malformed(data: bytes) -> None:
    with suppress(Failed):
        assert parsed(data).to_text()


def test_no_phase_is_without_its_timeout() -> None:
    assert set(NO_ANSWER) == set(Phase)
