"""The only room that speaks SQL. Outside it, the store is spoken of in the words of the domain."""

from prober.store.backup import FILE, Saved, back_up, restore, verify
from prober.store.ballast import MIB, Ballast
from prober.store.chain import Proof
from prober.store.copies import FOLDER, copy, latest_ms
from prober.store.lock import owner
from prober.store.outbox import Attempt, ChannelState, Entry, Pending
from prober.store.rollup import Sum
from prober.store.starts import WITHIN_MS, Starts
from prober.store.store import Batch, Store, deeds, peeked
from prober.store.subscribers import Subscriber
from prober.store.surroundings import Surroundings, surroundings
from prober.store.transfer import exported, put_in

__all__ = [
    "FILE",
    "FOLDER",
    "MIB",
    "WITHIN_MS",
    "Attempt",
    "Ballast",
    "Batch",
    "ChannelState",
    "Entry",
    "Pending",
    "Proof",
    "Saved",
    "Starts",
    "Store",
    "Subscriber",
    "Sum",
    "Surroundings",
    "back_up",
    "copy",
    "deeds",
    "exported",
    "latest_ms",
    "owner",
    "peeked",
    "put_in",
    "restore",
    "surroundings",
    "verify",
]
