"""The call of gRPC's health service: what strange servers make of it. Real ones: tests/probes/test_grpc.py."""

from collections.abc import Callable

import anyio
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection

from prober.core.reason import Reason
from prober.wire.address import Address
from prober.wire.connect import connect
from prober.wire.dialogue import Dialogue
from prober.wire.failure import Failed
from prober.wire.grpc import Answer, Call
from tests.wire.hostile import Act, Peer, answers, serving

pytestmark = pytest.mark.anyio

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
OK = [("grpc-status", "0")]
SERVING = b"\0\0\0\0\2\x08\x01"


async def asked(act: Act) -> Answer:
    async with serving(act) as port:
        transport, talk = await connect(lambda: Dialogue(Reason.GRPC_MALFORMED, 1 << 18), Address("127.0.0.1", 4), port)
        try:
            with anyio.fail_after(20):
                call = Call(talk)
                call.ask("a.test", "http", "shop", {"X-Token": "abc"})
                await call.begun()
                return await call.answered()
        finally:
            transport.abort()


def speaking(say: Callable[[H2Connection], None]) -> Act:
    """An HTTP/2 server that says something of its own when it has heard the call begin."""

    async def act(peer: Peer) -> None:
        server = H2Connection(H2Configuration(client_side=False))
        server.initiate_connection()
        server.receive_data(await peer.exactly(len(_PREFACE)))
        while not server.streams:
            head = await peer.exactly(9)
            server.receive_data(head + await peer.exactly(int.from_bytes(head[:3], "big")))
        say(server)
        await peer.say(server.data_to_send())
        await peer.stall()

    return act


def answering(
    message: bytes | None, trailers: list[tuple[str, str]], status: str = "200", kind: str = "application/grpc"
) -> Act:
    def say(server: H2Connection) -> None:
        server.send_headers(1, [(":status", status), ("content-type", kind)])
        if message is not None:
            server.send_data(1, message)
        server.send_headers(1, trailers, end_stream=True)

    return speaking(say)


@pytest.mark.parametrize(
    ("message", "trailers", "expected"),
    [
        (SERVING, OK, Answer(0, "", "SERVING")),
        (b"\0\0\0\0\0", OK, Answer(0, "", "UNKNOWN")),
        (b"\0\0\0\0\2\x08\x02", OK, Answer(0, "", "NOT_SERVING")),
        (b"\0\0\0\0\2\x08\x03", OK, Answer(0, "", "SERVICE_UNKNOWN")),
        (b"\0\0\0\0\2\x08\x63", OK, Answer(0, "", "UNKNOWN")),
        (b"\0\0\0\0\x10\x12\x02hi\x19AAAAAAAA\x08\x01\x20", OK, None),
        (b"\0\0\0\0\x11\x12\x02hi\x19AAAAAAAA\x08\x01\x20\x00", OK, Answer(0, "", "SERVING")),
        (None, [("grpc-status", "5"), ("grpc-message", "no%20such%20%C3%A9")], Answer(5, "no such é", "")),
    ],
)
async def test_what_an_answer_says(
    message: bytes | None, trailers: list[tuple[str, str]], expected: Answer | None
) -> None:
    if expected is None:
        with pytest.raises(Failed, match="HealthCheckResponse"):
            await asked(answering(message, trailers))
    else:
        assert await asked(answering(message, trailers)) == expected


def _reset(server: H2Connection) -> None:
    server.reset_stream(1, 2)


def _goes_away(server: H2Connection) -> None:
    server.close_connection(11)


def _pings(server: H2Connection) -> None:
    for _ in range(2_000):
        server.ping(b"12345678")


@pytest.mark.parametrize(
    ("act", "reason", "said"),
    [
        (answering(SERVING, OK, status="404"), Reason.HTTP_STATUS, "found 404"),
        (answering(SERVING, OK, kind="text/html"), Reason.GRPC_MALFORMED, 'found "text/html"'),
        (answering(SERVING, [("x", "y")]), Reason.GRPC_MALFORMED, "expected a grpc-status"),
        (answering(SERVING, [("grpc-status", "-1")]), Reason.GRPC_MALFORMED, "expected a grpc-status"),
        (answering(b"", OK), Reason.GRPC_MALFORMED, "one uncompressed message"),
        (answering(b"\1" + SERVING[1:], OK), Reason.GRPC_MALFORMED, "one uncompressed message"),
        (answering(SERVING * 2, OK), Reason.GRPC_MALFORMED, "one uncompressed message"),
        (answering(b"\0\0\0\0\1\x08", OK), Reason.GRPC_MALFORMED, "HealthCheckResponse"),
        (answering(b"\0\0\0\0\2\x12\x7f", OK), Reason.GRPC_MALFORMED, "HealthCheckResponse"),
        (answering(b"\0\0\0\0\1\x0b", OK), Reason.GRPC_MALFORMED, "HealthCheckResponse"),
        (answering(b"\0" * 9_000, OK), Reason.GRPC_MALFORMED, "more than 1024 bytes"),
        (speaking(_reset), Reason.GRPC_MALFORMED, "reset the call: INTERNAL_ERROR"),
        (speaking(_goes_away), Reason.GRPC_MALFORMED, "ended the connection: ENHANCE_YOUR_CALM"),
        (speaking(_pings), Reason.GRPC_MALFORMED, "frames"),
        (answers(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Reason.GRPC_MALFORMED, "no HTTP/2"),
        (answers(b"\0" * 20_000), Reason.GRPC_MALFORMED, r"no HTTP/2|closed"),
        (answers(b""), Reason.GRPC_MALFORMED, "closed the connection"),
    ],
)
async def test_every_bad_answer_has_its_reason(act: Act, reason: Reason, said: str) -> None:
    with pytest.raises(Failed, match=said) as caught:
        await asked(act)
    assert caught.value.reason is reason
