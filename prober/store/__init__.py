"""The only room that speaks SQL. Outside it, the store is spoken of in the words of the domain."""

from prober.store.backup import FILE, Saved, back_up, restore, verify
from prober.store.chain import Proof
from prober.store.copies import FOLDER, copy, latest_ms
from prober.store.lock import owner
from prober.store.outbox import Attempt, Pending
from prober.store.rollup import Sum
from prober.store.store import Batch, Store, peeked
from prober.store.transfer import exported, put_in

__all__ = [
    "FILE",
    "FOLDER",
    "Attempt",
    "Batch",
    "Pending",
    "Proof",
    "Saved",
    "Store",
    "Sum",
    "back_up",
    "copy",
    "exported",
    "latest_ms",
    "owner",
    "peeked",
    "put_in",
    "restore",
    "verify",
]
