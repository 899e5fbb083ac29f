"""Standard Webhooks: how a receiver can tell that a notice is ours, and that it is not an old one sent again.

The signature covers the notice's id, the second of the attempt and the body. The id stays over all attempts, the
second does not. While a secret is replaced, both sign: the receiver takes whichever it knows. A key of Ed25519 signs
besides or instead, and its receiver needs no secret. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PREFIX = "whsec_"
MIN_BYTES, MAX_BYTES = 24, 64
KEY_PREFIX, PUBLIC_PREFIX = "whsk_", "whpk_"
SEED_BYTES, PAIR_BYTES = 32, 64


def secret_bytes(text: str) -> bytes:
    """The key in "whsec_...", base64 of 24 to 64 bytes; ValueError, which never repeats it, if it is none."""
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except ValueError:
        key = b""
    if not text.startswith(PREFIX) or not MIN_BYTES <= len(key) <= MAX_BYTES:
        raise ValueError(f"{PREFIX} and base64 of {MIN_BYTES} to {MAX_BYTES} bytes")
    return key


def signature(key: bytes, notice_id: str, sent_s: int, body: bytes) -> str:
    """The header `webhook-signature`: version and base64 of the HMAC-SHA256."""
    digest = hmac.digest(key, f"{notice_id}.{sent_s}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def private_key(text: str) -> Ed25519PrivateKey:
    """The key in "whsk_...", base64 of its 32 bytes (or with the public ones); ValueError, which never repeats it,
    if it is none.
    """
    try:
        key = base64.b64decode(text.removeprefix(KEY_PREFIX), validate=True)
    except ValueError:
        key = b""
    if not text.startswith(KEY_PREFIX) or len(key) not in (SEED_BYTES, PAIR_BYTES):
        raise ValueError(f"{KEY_PREFIX} and base64 of {SEED_BYTES} bytes")
    return Ed25519PrivateKey.from_private_bytes(key[:SEED_BYTES])


def public_key(key: Ed25519PrivateKey) -> str:
    """What a receiver verifies by: "whpk_" and base64."""
    return PUBLIC_PREFIX + base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


class Signer(NamedTuple):
    """What one channel signs by. secrets: the new one first, then the one that it replaces."""

    secrets: tuple[bytes, ...] = ()
    key: Ed25519PrivateKey | None = None

    def signatures(self, notice_id: str, sent_s: int, body: bytes) -> str:
        """The header `webhook-signature`: a signature by each, with blanks between; "" if there is none."""
        found = [signature(secret, notice_id, sent_s, body) for secret in self.secrets]
        if self.key is not None:
            signed = self.key.sign(f"{notice_id}.{sent_s}.".encode() + body)
            found.append(f"v1a,{base64.b64encode(signed).decode()}")
        return " ".join(found)


def body_signature(secret: str, body: bytes) -> str:
    """What Instatus signs with: the HMAC-SHA256 of the body alone, in hexadecimal digits."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
