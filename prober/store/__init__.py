"""The only room that speaks SQL. Outside it, the store is spoken of in the words of the domain."""

from prober.store.backup import Saved, back_up, restore
from prober.store.lock import owner
from prober.store.outbox import Attempt, ChannelState, Entry, Pending
from prober.store.store import Batch, Store, peeked
from prober.store.transfer import exported, put_in

__all__ = [
    "Attempt",
    "Batch",
    "ChannelState",
    "Entry",
    "Pending",
    "Saved",
    "Store",
    "back_up",
    "exported",
    "owner",
    "peeked",
    "put_in",
    "restore",
]
