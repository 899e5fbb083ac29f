"""What is shown of an answer that is another than the one before, and what never is."""

import asyncio
import base64
import datetime as dt
import gzip

import pytest

from prober.clock import Clock
from prober.core.model import Due, Observation, Outcome
from prober.core.reason import Reason
from prober.probes.capsule import SHOWN, Answer, Witness, hidden, written
from prober.probes.http import build
from tests.probes.scene import options
from tests.wire.certificates import Certificates
from tests.wire.hostile import Peer, answers, reply, serving

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"), dt.datetime.now(dt.UTC))


def test_only_another_answer_is_news() -> None:
    witness = Witness(tuple)
    told = [
        witness.is_news(*one)
        for one in [
            (Outcome.UP, None), (Outcome.DOWN, Reason.HTTP_STATUS), (Outcome.DOWN, Reason.HTTP_STATUS),
            (Outcome.DOWN, Reason.HTTP_TIMEOUT), (Outcome.UP, None), (Outcome.UP, None),
        ]
    ]  # fmt: skip
    assert told == [False, True, False, True, True, False]


def test_what_is_shown_is_bounded_and_one_line() -> None:
    answer = Answer({b"server": b"x" * 9_000}, b"a\r\n\x1b[31m \xff" + b"y" * 9_000)
    found = Witness(tuple).capsule(["192.0.2.1"] * 99, [b"leaf", b"above"], answer)
    assert found["addresses"] == ["192.0.2.1"]
    assert len(str(found["chain_sha256"])) == 64
    assert found["headers"] == {"server": "x" * SHOWN}
    assert str(found["body"]).startswith("a [31m \ufffdyyy")
    assert len(str(found["body"])) == SHOWN


def test_there_may_be_nothing_to_show() -> None:
    assert Witness(tuple).capsule([], [], None) == {}
    assert Witness(tuple).capsule([], [], Answer({}, b"")) == {}


@pytest.mark.parametrize("coded", [gzip.compress(b"Busy now"), b"Busy now"], ids=["gzip", "none"])
def test_a_body_is_undone_if_it_can_be(coded: bytes) -> None:
    found = Witness(tuple).capsule([], [], Answer({b"content-encoding": b"gzip"}, coded))
    assert found["body"] == "Busy now"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('key is s3cret/&"x', "key is ***"),
        ("in a URL: s3cret%2F%26%22x!", "in a URL: ***!"),
        ("in HTML: s3cret/&amp;&quot;x!", "in HTML: ***!"),
        ('in JSON: s3cret/&\\"x!', "in JSON: ***!"),
        ("cut off: s3cret/", "cut off:"),
        ("nothing", "nothing"),
    ],
)
def test_no_secret_is_shown_nor_a_piece_of_one(text: str, shown: str) -> None:
    assert hidden(text, written(['s3cret/&"x', "ab"])) == shown


async def seen(port: int, scheme: str = "http", **keys: object) -> Observation:
    probe = build(options("http", url=f"{scheme}://user:pass-word@127.0.0.1:{port}/?token=t0ken", **keys), Clock())
    return await probe.probe(Due("check", 1_000))


def test_a_secret_of_megabytes_is_hidden_without_copies_of_it() -> None:
    secret = "höchst geheim " * 1_000_000
    forms = written([secret])
    assert max(map(len, forms)) < 40_000
    answer = Answer({}, f"you said: {secret[:900]}".encode())
    assert Witness(lambda: [secret]).capsule([], [], answer)["body"] == "you said:"


async def test_an_outage_is_shown_without_what_the_configuration_hides() -> None:
    echo = b"pass-word " + base64.b64encode(b"user:pass-word") + b" t0ken k3y sent-text f0rm Busy"
    said = reply(echo, b"Server: nginx", b"Set-Cookie: id=1", b"X-Request-Id: k3y", status=b"503 Busy")
    async with serving(answers(said)) as port:
        found = (await seen(port, headers={"X-Key": "k3y"}, method="POST", body="sent-text&a=f0rm")).capsule
    assert found is not None
    assert found["addresses"] == ["127.0.0.1"]
    assert found["headers"] == {"content-length": str(len(echo)), "server": "nginx", "x-request-id": "***"}
    assert found["body"] == "*** *** *** *** *** *** Busy"


async def test_the_chain_is_known_by_its_digest(certificates: Certificates) -> None:
    said = reply(b"Busy", status=b"503 Busy")
    async with serving(answers(said), certificates.context("good")) as port:
        by_rustls = (await seen(port, "https", ca=str(certificates.ca))).capsule
        by_openssl = (await seen(port, "https", verify=False)).capsule
    assert by_rustls is not None
    assert by_openssl is not None
    assert by_rustls["chain_sha256"] == by_openssl["chain_sha256"]


async def test_an_answer_by_the_other_client_is_shown_as_by_ours(certificates: Certificates) -> None:
    said = reply(b"Busy, come again", b"Server: nginx", b"Set-Cookie: id=1", status=b"503 Busy")
    async with serving(answers(said), certificates.context("good")) as port:
        ours = (await seen(port, "https", verify=False)).capsule
        other = (await seen(port, "https", verify=False, http2=True)).capsule
    assert ours is not None
    assert ours["body"] == "Busy, come again"
    assert other == ours


@pytest.mark.parametrize("by_stock", [False, True])
async def test_a_body_that_comes_after_the_head_is_shown(by_stock: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    async def act(peer: Peer) -> None:
        await peer.hear()
        await peer.say(b"HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\n")
        await asyncio.sleep(0.01)
        await peer.say(b"Busy now")
        await peer.stall()

    monkeypatch.setattr("prober.wire.http1.START_WITHIN_S", 1)
    monkeypatch.setattr("prober.wire.httpx_stock.START_WITHIN_S", 1)
    async with serving(act) as port:
        found = await seen(port, http2=by_stock)
    assert found.reason is Reason.HTTP_STATUS
    assert found.capsule is not None
    assert found.capsule["body"] == "Busy now"


@pytest.mark.parametrize("more", [b"", b"x" * 2_000], ids=["nothing", "enough"])
@pytest.mark.parametrize("ends", ["stall", "end", "reset"])
async def test_whatever_becomes_of_such_a_body_the_status_is_the_verdict(more: bytes, ends: str) -> None:
    async def act(peer: Peer) -> None:
        await peer.hear()
        await peer.say(b"HTTP/1.1 503 Busy\r\nContent-Length: 9000\r\n\r\n", more)
        if ends == "stall":
            await peer.stall()
        getattr(peer, ends)()

    async with serving(act) as port:
        found = await seen(port)
    assert found.reason is Reason.HTTP_STATUS


@pytest.mark.parametrize("by_stock", [False, True])
async def test_a_body_that_is_not_asked_for_is_not_waited_for(by_stock: bool) -> None:
    async def act(peer: Peer) -> None:
        await peer.hear()
        await peer.say(b"HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\n")
        await peer.stall()

    async with serving(act) as port:
        found = await seen(port, http2=by_stock)
    assert found.reason is Reason.HTTP_STATUS
    assert found.capsule is not None
    assert "body" not in found.capsule


async def test_a_good_answer_costs_nothing() -> None:
    async with serving(answers(reply(b"ok"))) as port:
        assert (await seen(port)).capsule is None
