"""One server asked for one name: hostile answers, and what is left behind."""

import asyncio
import gc
import socket
from pathlib import Path

import dns.flags
import dns.message
import dns.name
import dns.rrset
import pytest

from prober.core.reason import Reason
from prober.wire.dns_message import AAAA as AAAA_
from prober.wire.dns_message import A as A_
from prober.wire.dns_message import Reply, question, read_reply, wire_name
from prober.wire.failure import Failed
from prober.wire.lookup import Answer, Heard, ask, read
from prober.wire.system_names import Server
from tests.wire.dns_server import (
    SILENCE,
    answers,
    in_turn,
    name_server,
    noting,
    of_names,
    of_types,
    says,
    truncated,
    with_id,
)
from tests.wire.dns_server import Answer as Said

pytestmark = pytest.mark.anyio

SHOP = wire_name("shop.test")
BOTH = (A_, AAAA_)
A = answers("shop.test. 60 IN A 192.0.2.1", flags="QR RA")
AAAA = answers("shop.test. 30 IN AAAA 2001:db8::1", flags="QR RA")
GOOD = of_types(A=A, AAAA=AAAA)
FOUND = {A_: Answer(True, ("192.0.2.1",), 60), AAAA_: Answer(True, ("2001:db8::1",), 30)}
ALIVE = answers(". 60 IN NS a.root.", flags="QR RA")


async def heard(said: Said, wait_s: float = 1.5, by_tcp: bool = False) -> Heard:
    async with name_server(said) as port:
        return await ask(Server("127.0.0.1", port), SHOP, BOTH, wait_s, lambda _: None, by_tcp=by_tcp)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def another_question(asked: dns.message.Message, _: str) -> list[bytes]:
    other = dns.message.make_query("other.test", "A", id=asked.id)
    return A(other, "udp")


def question_returned(asked: dns.message.Message, _: str) -> list[bytes]:
    return [asked.to_wire()]


def huge(asked: dns.message.Message, _: str) -> list[bytes]:
    said = dns.message.make_response(asked)
    texts = [f'"{n:04d}{"x" * 240}"' for n in range(100)]
    said.additional = [dns.rrset.from_text("shop.test.", 60, "IN", "TXT", *texts)]
    return [said.to_wire(max_size=65_535)]


def then_good(*bad: Said) -> Said:
    """Says the bad things first, and then a good one, to the same question."""
    return lambda asked, transport: [*(m for one in bad for m in one(asked, transport)), *GOOD(asked, transport)]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(GOOD, id="good"),
        pytest.param(then_good(with_id(A, 1)), id="wrong-id"),
        pytest.param(then_good(another_question), id="wrong-question"),
        pytest.param(then_good(question_returned), id="own-question"),
        pytest.param(then_good(says(b"")), id="nothing"),
        pytest.param(then_good(says(b"\0" * 11, b"\xff" * 600)), id="garbage"),
        pytest.param(then_good(huge), id="huge"),
        pytest.param(then_good(lambda asked, _: [asked.id.to_bytes(2) + b"\x81\x80" + b"\xff" * 40]), id="broken"),
        pytest.param(lambda asked, t: GOOD(asked, t) * 3, id="repeated"),
        pytest.param(truncated(GOOD), id="truncated"),
    ],
)
async def test_what_does_not_fit_is_passed_over(said: Said) -> None:
    found = await heard(said)
    assert found.answers == FOUND
    assert found.trouble is None


@pytest.mark.parametrize(
    ("said", "words", "answers_others"),
    [
        pytest.param(SILENCE, "no answer", False, id="silence"),
        pytest.param(of_names(root=ALIVE, shop=SILENCE), "no answer", True, id="silent-for-this-name"),
        pytest.param(with_id(GOOD, 1), "no answer", False, id="wrong-id"),
        pytest.param(lambda asked, t: with_id(GOOD, 1)(asked, t) * 60, "no answer", False, id="flood"),
        pytest.param(answers(rcode="SERVFAIL"), "SERVFAIL", False, id="servfail-for-all"),
        pytest.param(of_names(root=ALIVE, shop=answers(rcode="SERVFAIL")), "SERVFAIL", True, id="servfail"),
        pytest.param(of_names(root=SILENCE, shop=answers(rcode="SERVFAIL")), "SERVFAIL", False, id="then-silence"),
        pytest.param(answers(rcode="REFUSED"), "REFUSED", False, id="refused"),
        pytest.param(answers(flags="QR"), "no answer of its own", False, id="knows-nothing"),
        pytest.param(truncated(says(b"")), "by TCP: what came is no answer to the question", True, id="tcp-garbage"),
        pytest.param(truncated(SILENCE), "by TCP: the peer closed the connection without an answer", True, id="end"),
        pytest.param(
            truncated(another_question), "by TCP: what came is no answer to the question", True, id="tcp-other"
        ),
        pytest.param(truncated(huge), "by TCP: the peer says more than 16386 bytes", True, id="tcp-huge"),
    ],
)  # fmt: skip
async def test_a_server_without_an_answer_is_told_with_whether_it_answers_others(
    said: Said, words: str, answers_others: bool
) -> None:
    found = await heard(said)
    assert found.answers == {}
    assert found.trouble is not None
    assert (found.trouble.words, found.trouble.answers_others) == (words, answers_others)


async def test_a_server_that_comes_back_is_asked_for_the_name_once_more() -> None:
    is_back = False

    def comes_back(asked: dns.message.Message, transport: str) -> list[bytes]:
        """Silent until it is asked the control question, which it answers, as all that comes later."""
        nonlocal is_back
        is_back = is_back or asked.question[0].name == dns.name.root
        return of_names(root=ALIVE, shop=GOOD)(asked, transport) if is_back else []

    found = await heard(comes_back)
    assert found.answers == FOUND
    assert found.trouble is None


async def test_nobody_there_is_told_at_once(free_port: int) -> None:
    found = await ask(Server("127.0.0.1", free_port), SHOP, BOTH, 30, lambda _: None)
    assert found.trouble is not None
    assert found.trouble.words == "asking it: connection refused"


async def test_only_the_server_itself_is_heard() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        seen: list[tuple[str, int]] = []

        def by_another(asked: dns.message.Message, _: str) -> list[bytes]:
            for port in seen:
                other.sendto(A(asked, "udp")[0], port)
            return []

        class Server_(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, peer: tuple[str, int]) -> None:
                seen.append(peer)
                by_another(dns.message.from_wire(data), "udp")

        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Server_, local_addr=("127.0.0.1", 0))
        try:
            port = transport.get_extra_info("sockname")[1]
            found = await ask(Server("127.0.0.1", port), SHOP, BOTH, 0.5, lambda _: None)
        finally:
            transport.abort()
    assert seen
    assert found.answers == {}


async def test_one_good_answer_waits_for_the_other_half_a_second_and_no_longer() -> None:
    found = await heard(of_types(A=A, AAAA=SILENCE), wait_s=50)
    assert found.answers == {A_: FOUND[A_]}


async def test_by_tcp_alone_no_datagram_is_sent() -> None:
    told: list[str] = []
    found = await heard(noting(told, GOOD), by_tcp=True)
    assert found.answers == FOUND
    assert told == ["shop.test. A tcp", "shop.test. AAAA tcp"]


async def test_both_types_are_asked_at_once_and_all_well_nothing_else() -> None:
    told: list[str] = []
    await heard(noting(told, GOOD))
    assert sorted(told) == ["shop.test. A udp", "shop.test. AAAA udp"]


async def test_each_question_comes_from_another_port_with_another_id() -> None:
    ids: set[int] = set()

    def note(asked: dns.message.Message, transport: str) -> list[bytes]:
        ids.add(asked.id)
        return GOOD(asked, transport)

    async with name_server(note) as port:
        for _ in range(20):
            await ask(Server("127.0.0.1", port), SHOP, BOTH, 10, lambda _: None)
    assert len(ids) > 35


async def test_a_cancelled_question_leaves_no_descriptor() -> None:
    async with name_server(in_turn(SILENCE)) as port:
        await asyncio.sleep(0)
        before = descriptors()
        for wait_s in (0, 0.001, 0.002):
            for by_tcp in (False, True):
                tasks = [
                    asyncio.create_task(ask(Server("127.0.0.1", port), SHOP, BOTH, 30, lambda _: None, by_tcp=by_tcp))
                    for _ in range(20)
                ]
                await asyncio.sleep(wait_s)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        del tasks
        gc.collect()
        for _ in range(500):
            if descriptors() <= before:
                break
            await asyncio.sleep(0.01)
        assert descriptors() <= before


# ------------------------------------------------------------ what an answer says


def reply(*records: str, rcode: str = "NOERROR", flags: str = "QR RA") -> Reply:
    asked = dns.message.make_query("shop.test", "A")
    found = read_reply(answers(*records, rcode=rcode, flags=flags)(asked, "udp")[0], question(SHOP, A_))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (reply("shop.test. 60 IN A 192.0.2.1"), Answer(True, ("192.0.2.1",), 60)),
        (reply("SHOP.test. 60 IN A 192.0.2.1"), Answer(True, ("192.0.2.1",), 60)),
        (reply(), Answer(True)),
        (reply(rcode="NXDOMAIN"), Answer(False)),
        (reply("other.test. 60 IN A 192.0.2.1"), Answer(True)),
        (
            reply("b.test. 60 IN A 192.0.2.1", "shop.test. 9 IN CNAME a.test.", "a.test. 70 IN CNAME b.test."),
            Answer(True, ("192.0.2.1",), 9),
        ),
        (reply("shop.test. 9 IN CNAME a.test."), Answer(True)),
        (
            reply("shop.test. 9 IN CNAME a.test.", flags="QR AA"),
            Answer(True, alias=wire_name("a.test")),
        ),
        (reply("shop.test. 9 IN CNAME a.test.", rcode="NXDOMAIN"), Answer(False)),
    ],
)  # fmt: skip
async def test_what_an_answer_says_of_the_name(said: Reply, wanted: Answer) -> None:
    assert read(said, SHOP) == wanted


@pytest.mark.parametrize(
    "records",
    [
        ("shop.test. 9 IN CNAME shop.test.",),
        ("shop.test. 9 IN CNAME a.test.", "a.test. 9 IN CNAME shop.test."),
        ("shop.test. 9 IN CNAME a0.test.", *(f"a{n}.test. 9 IN CNAME a{n + 1}.test." for n in range(50))),
    ],
)
async def test_aliases_in_a_circle_or_without_end_are_malformed(records: tuple[str, ...]) -> None:
    with pytest.raises(Failed) as caught:
        read(reply(*records), SHOP)
    assert caught.value.reason is Reason.DNS_MALFORMED
