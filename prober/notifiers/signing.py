"""Standard Webhooks: how a receiver can tell that a notice is ours, and that it is not an old one sent again.

The signature covers the notice's id, the second of the attempt and the body. The id stays over all attempts, the
second does not. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac

PREFIX = "whsec_"
MIN_BYTES, MAX_BYTES = 24, 64


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
