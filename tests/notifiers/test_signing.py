"""Signatures are those of Standard Webhooks."""

import base64

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from prober.clock import Clock
from prober.notifiers.signing import Signer, private_key, public_key, secret_bytes, signature


def test_the_signature_is_the_one_of_the_specification() -> None:
    key = secret_bytes("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    wanted = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}') == wanted


@pytest.mark.parametrize("size", [24, 64])
def test_a_secret_has_24_to_64_bytes(size: int) -> None:
    key = bytes(range(size))
    assert secret_bytes("whsec_" + base64.b64encode(key).decode()) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        base64.b64encode(bytes(32)).decode(),
        "whsec_not/base64!not/base64!not/base64!",
        "whsec_" + "ü" * 32,
    ],
)
def test_anything_else_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"^whsec_ and base64 of 24 to 64 bytes$"):
        secret_bytes(text)


SECRET, OLD_SECRET = ("whsec_" + base64.b64encode(bytes(range(n, n + 32))).decode() for n in (0, 9))
KEY = "whsk_" + base64.b64encode(bytes(range(32))).decode()
SENT_S, BODY = 1_700_000_000, '{"naïve":1}'


def headers(signer: Signer, ago_s: int = 0) -> dict[str, str]:
    """What the library is given; it refuses what was sent more than five minutes ago."""
    sent_s = Clock().now_ms() // 1000 - ago_s
    signatures = signer.signatures("msg_1", sent_s, BODY.encode())
    return {"webhook-id": "msg_1", "webhook-timestamp": str(sent_s), "webhook-signature": signatures}


@pytest.mark.parametrize("known", [SECRET, OLD_SECRET])
def test_the_library_verifies_either_secret_while_one_is_replaced(known: str) -> None:
    signer = Signer((secret_bytes(SECRET), secret_bytes(OLD_SECRET)))
    assert Webhook(known).verify(BODY, headers(signer)) == {"naïve": 1}


def test_the_library_refuses_another_secret_an_old_time_and_another_body() -> None:
    signer = Signer((secret_bytes(SECRET),))
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD_SECRET).verify(BODY, headers(signer))
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY, headers(signer, 3600))
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY.replace("1", "2"), headers(signer))


def test_a_key_of_ed25519_signs_beside_the_secret() -> None:
    key = private_key(KEY)
    hmacs, ed25519 = Signer((secret_bytes(SECRET),), key).signatures("msg_1", SENT_S, b"{}").split(" ")
    assert hmacs.startswith("v1,")
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key(key).removeprefix("whpk_")))
    public.verify(base64.b64decode(ed25519.removeprefix("v1a,")), f"msg_1.{SENT_S}.".encode() + b"{}")
    with pytest.raises(InvalidSignature):
        public.verify(base64.b64decode(ed25519.removeprefix("v1a,")), b"another text")


@pytest.mark.parametrize("text", ["", "whsk_", "whsk_" + base64.b64encode(bytes(31)).decode(), SECRET, "whsk_!"])
def test_another_text_is_no_key_and_is_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"^whsk_ and base64 of 32 bytes$"):
        private_key(text)
