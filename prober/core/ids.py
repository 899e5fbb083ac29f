"""Ids that outsiders see. They are made by a hash, so that the same history gives the same ids."""

import hashlib

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


def slug(text: str, key: bytes = b"", length: int = 12) -> str:
    """`length` lower-case letters and digits, always the same for the same text and key.

    With a secret key of at most 64 bytes nobody else can tell it in advance.
    """
    number = int.from_bytes(hashlib.blake2b(text.encode(), key=key, digest_size=32).digest())
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 36)
        digits.append(_ALPHABET[digit])
    return "".join(digits)


def uid(at_ms: int, num: int) -> str:
    """20 digits in the manner of the UP dialect: microseconds of the moment, made unique by num."""
    return f"{at_ms * 1000 + num % 1000:020d}"
