"""Who asked for what, and when: of every order that changed something, with the decision that came of it."""

import json
import re
from typing import Any, NamedTuple

from prober.core.orders import Order
from prober.store.rows import Row, to_json


class Placed(NamedTuple):
    """An order that changed something. seq, at_ms: of the decision. channels: see Ordered."""

    seq: int
    at_ms: int
    order: Order
    channels: frozenset[str] | None = None


class Deed(NamedTuple):
    """What is kept of it. deed: such as "set_pin".

    content: the order's own words, less its author, and with its channels, if they were said.
    """

    seq: int
    at_ms: int
    author: str
    deed: str
    content: dict[str, Any]


def audit_row(placed: Placed) -> dict[str, Any]:
    content = placed.order._asdict()
    deed = re.sub(r"(?<!^)(?=[A-Z])", "_", type(placed.order).__name__).lower()
    author = content.pop("author")
    if placed.channels is not None:
        content["channels"] = sorted(placed.channels)
    return {
        "seq": placed.seq,
        "at_ms": placed.at_ms,
        "author": author,
        "deed": deed,
        "content": to_json(content),
    }


def deed(row: Row) -> Deed:
    return Deed(row["seq"], row["at_ms"], row["author"], row["deed"], json.loads(row["content"]))
