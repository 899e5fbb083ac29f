"""The receiver takes what is signed, tells it in one line, and refuses the rest."""

import json

import httpx
import pytest

from prober.clock import Clock
from prober.demo.receiver import Receiver, line
from prober.notifiers.signing import secret_bytes, signature
from prober.notifiers.up_format import payload
from tests.notifiers.parcels import PARCELS

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


async def post(body: bytes, **headers: str) -> tuple[int, Receiver, list[str]]:
    told: list[str] = []
    receiver = Receiver(told.append, SECRET, Clock())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(receiver.app), base_url="http://receiver") as client:
        signed = {
            "webhook-id": "msg_1",
            "webhook-timestamp": "1700000000",
            "webhook-signature": signature(secret_bytes(SECRET), "msg_1", 1_700_000_000, body),
        }
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await client.post("/", content=body, headers=signed | headers)
    return answer.status_code, receiver, told


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("incident_opened", "INCIDENT Shop is down INVESTIGATING"),
        ("incident_resolved", "INCIDENT Shop is down RESOLVED"),
        ("component", "COMPONENT Shop MAJOROUTAGE"),
        ("maintenance_started", "MAINTENANCE Upgrade INPROGRESS"),
    ],
)
def test_a_notice_is_one_line(name: str, words: str) -> None:
    assert line(json.loads(payload(PARCELS[name]))).split() == words.split()


def test_a_name_cannot_disturb_the_terminal() -> None:
    assert "\x1b" not in line({"incident": {"name": "\x1b[2J", "status": "RESOLVED"}})


@pytest.mark.anyio
async def test_a_signed_notice_is_taken_told_and_counted() -> None:
    status, receiver, told = await post(payload(PARCELS["incident_opened"]))
    assert (status, receiver.count, len(told)) == (204, 1, 1)
    assert "Shop is down" in told[0]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("webhook_signature", "v1,AAAA"),
        ("webhook_timestamp", "1700000001"),
        ("webhook_timestamp", "soon"),
        ("webhook_id", "msg_2"),
    ],
)
async def test_what_is_not_signed_is_refused(header: str, value: str) -> None:
    status, receiver, told = await post(payload(PARCELS["component"]), **{header: value})
    assert (status, receiver.count, told) == (401, 0, [])


@pytest.mark.anyio
@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"5", b"{}", b'{"incident": 5}', b"[" * 100_000, b"\xff"])
async def test_what_is_no_notice_is_refused(body: bytes) -> None:
    status, receiver, _ = await post(body)
    assert (status, receiver.count) == (400, 0)


@pytest.mark.anyio
async def test_what_is_too_large_is_refused() -> None:
    assert (await post(b" " * (1024 * 1024 + 1)))[0] == 413
