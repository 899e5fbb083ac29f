"""What a server of `hostile` may do wrong with TLS: certificates, versions, and stopping at each step of the handshake.

The rows of BEHAVIOURS are read by `test_hostile`, like those of `hostile`.
"""

import asyncio
import ssl
from contextlib import suppress

from prober.core.model import Phase
from prober.core.reason import Reason as R
from tests.wire.certificates import Certificates
from tests.wire.hostile import (
    LONG,
    OK,
    Act,
    Peer,
    answers,
    answers_tls_with_http,
    drips,
    floods,
    hangs_up,
    resets_at_once,
    silent,
    speaks_first,
    stalls,
    tls,
    up,
)

_RECORD = 5  # bytes of a record's head
ALERT = b"\x15\x03\x03\x00\x02\x02\x28"  # fatal, handshake failure


async def hello(peer: Peer) -> bytes:
    """The client's first record."""
    head = await peer.exactly(_RECORD)
    return head + await peer.exactly(int.from_bytes(head[3:], "big"))


def after_hello(*pieces: bytes, then: str = "closes") -> Act:
    """Hears the client's hello, says the pieces, and then closes, stalls or resets."""

    async def act(peer: Peer) -> None:
        await hello(peer)
        await peer.say(*pieces)
        await _end(peer, then)

    return act


def flight(context: ssl.SSLContext, share: float, then: str) -> Act:
    """Says that share of a server's honest first flight, and then closes, stalls or resets."""

    async def act(peer: Peer) -> None:
        heard, said = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = context.wrap_bio(heard, said, server_side=True)
        heard.write(await hello(peer))
        with suppress(ssl.SSLWantReadError):
            server.do_handshake()
        whole = said.read()
        await peer.say(whole[: int(len(whole) * share)])
        await _end(peer, then)

    return act


def shakes_hands(context: ssl.SSLContext) -> Act:
    """An honest handshake that ends with the alert it ends with, which the loop's own servers swallow."""

    async def act(peer: Peer) -> None:
        heard, said = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = context.wrap_bio(heard, said, server_side=True)
        is_over = False
        while not is_over:
            heard.write(await hello(peer))
            with suppress(ssl.SSLWantReadError):
                try:
                    server.do_handshake()
                except ssl.SSLCertVerificationError:
                    is_over = True
                except ssl.SSLError as error:
                    is_over = error.reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE"
            await peer.say(said.read())

    return act


async def _end(peer: Peer, then: str) -> None:
    if then == "stalls":
        await peer.stall()
    elif then == "resets":
        peer.reset()


async def drips_a_record(peer: Peer) -> None:
    """The head of a record, and then its bytes one at a time."""
    await hello(peer)
    await peer.say(b"\x16\x03\x03\x40\x00")
    while True:
        await peer.say(b"\x02")
        await asyncio.sleep(0.02)


async def floods_with_records(peer: Peer) -> None:
    """Handshake records without end that say nothing whole."""
    await hello(peer)
    while True:
        await peer.say(b"\x16\x03\x03\x40\x00" + b"\x0b\xff\xff\xff" + b"\0" * (0x4000 - 4))


def of_certificates(made: Certificates) -> list[tuple[str, Act]]:
    """Those that need a certificate to stop halfway through the flight that shows it."""
    good = made.context("good")
    return [
        (f"{then} after {name} of the server's flight", flight(good, share, then))
        for then in ("closes", "stalls", "resets")
        for name, share in (("a tenth", 0.1), ("half", 0.5), ("nine tenths", 0.9))
    ]


HALFWAY = {
    "closes": (R.TLS_HANDSHAKE, "20s"),
    "stalls": (R.TLS_TIMEOUT, "400ms"),
    "resets": (R.TLS_HANDSHAKE, "20s"),
}

BEHAVIOURS = [
    tls("good certificate", outcome="up", secure="good"),
    tls("RSA certificate", outcome="up", secure="rsa"),
    tls("TLS 1.2", outcome="up", secure="tls 1.2"),
    tls("expired, not verified", outcome="up", secure="expired", options={"verify": False}),
    tls("wrong name, not verified", outcome="up", secure="wrong name", options={"verify": False}),
    tls("self-signed, not verified", outcome="up", secure="self-signed", options={"verify": False}),
    tls("about to expire", R.CERT_EXPIRING, "degraded", secure="good", options={"cert_expiring_within": "31d"}),
    tls("chain complete", outcome="up", secure="intermediate"),
    tls("client certificate asked for, none needed", outcome="up", secure="client optional"),
    tls("expired", R.TLS_EXPIRED, secure="expired", last=Phase.TLS),
    tls("not yet valid", R.TLS_NOT_YET_VALID, secure="not yet valid", last=Phase.TLS),
    tls("wrong name", R.TLS_NAME, secure="wrong name", last=Phase.TLS),
    tls("name in the common name only", R.TLS_NAME, secure="common name only", last=Phase.TLS),
    tls("self-signed", R.TLS_UNTRUSTED, secure="self-signed", last=Phase.TLS),
    tls("unknown authority", R.TLS_UNTRUSTED, secure="unknown authority", last=Phase.TLS),
    tls("intermediate missing", R.TLS_UNTRUSTED, secure="intermediate missing", last=Phase.TLS),
    tls("weak key", R.TLS_UNTRUSTED, secure="weak key", last=Phase.TLS),
    tls("TLS 1.0 only", R.TLS_HANDSHAKE, secure="tls 1.0", last=Phase.TLS),
    tls("TLS 1.1 only", R.TLS_HANDSHAKE, secure="tls 1.1", last=Phase.TLS),
    tls("client certificate wanted, TLS 1.2", R.TLS_HANDSHAKE, secure="client wanted 1.2", last=Phase.TLS),
    tls("truncated under TLS", R.HTTP_TRUNCATED, act=answers(LONG, b"ok"), secure="good"),
    tls("closes without an answer under TLS", R.HTTP_TRUNCATED, act=answers(), secure="good"),
    tls("malformed under TLS", R.HTTP_MALFORMED, act=answers(b"+OK POP3 ready\r\n"), secure="good"),
    tls("silent under TLS", R.HTTP_TIMEOUT, act=silent, secure="good", last=Phase.PROCESSING),
    tls("stalls in the body under TLS", R.HTTP_TIMEOUT, act=stalls(LONG, b"x"), secure="good", last=Phase.TRANSFER),
    tls("drips under TLS", R.HTTP_TIMEOUT, act=drips(LONG, b"x"), secure="good", last=Phase.TRANSFER),
    tls(
        "endless body under TLS",
        R.HTTP_TOO_LARGE,
        act=floods(LONG, b"x" * 65536),
        secure="good",
        options={"expect_body": "all is well"},
    ),
    tls("resets at once under TLS", R.CONNECT_RESET, act=resets_at_once, secure="good"),
    tls("stalls in the handshake", R.TLS_TIMEOUT, act=silent, last=Phase.TLS),
    tls("closes in the handshake", R.TLS_HANDSHAKE, act=hangs_up, last=Phase.TLS),
    tls("resets in the handshake", R.TLS_HANDSHAKE, act=resets_at_once, last=Phase.TLS),
    tls("stalls after the hello", R.TLS_TIMEOUT, act=after_hello(then="stalls"), last=Phase.TLS),
    tls("closes after the hello", R.TLS_HANDSHAKE, act=after_hello(), last=Phase.TLS),
    tls("resets after the hello", R.TLS_HANDSHAKE, act=after_hello(then="resets"), last=Phase.TLS),
    tls("refuses the hello by an alert", R.TLS_HANDSHAKE, act=after_hello(ALERT), last=Phase.TLS),
    tls("stalls in an alert", R.TLS_TIMEOUT, act=after_hello(ALERT[:6], then="stalls"), last=Phase.TLS),
    tls("record of an unknown type", R.TLS_HANDSHAKE, act=after_hello(b"\x99\x03\x03\x00\x01x"), last=Phase.TLS),
    tls("record of an empty handshake", R.TLS_HANDSHAKE, act=after_hello(b"\x16\x03\x03\x00\x00"), last=Phase.TLS),
    tls("record too long", R.TLS_HANDSHAKE, act=after_hello(b"\x16\x03\x03\xff\xff" + b"x" * 65535), last=Phase.TLS),
    tls("data before the handshake", R.TLS_HANDSHAKE, act=after_hello(b"\x17\x03\x03\x00\x02ok"), last=Phase.TLS),
    tls("drips a record", R.TLS_TIMEOUT, act=drips_a_record, last=Phase.TLS),
    tls("endless handshake", R.TLS_HANDSHAKE, act=floods_with_records, last=Phase.TLS),
    tls("speaks first where TLS belongs", R.TLS_HANDSHAKE, act=speaks_first, last=Phase.TLS),
    tls("answers TLS with HTTP", R.TLS_HANDSHAKE, act=answers_tls_with_http, last=Phase.TLS),
    tls("answers the hello with HTTP", R.TLS_HANDSHAKE, act=after_hello(OK), last=Phase.TLS),
    up("plain where nothing is secret", answers(OK)),
]
