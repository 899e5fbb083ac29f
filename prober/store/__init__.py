"""The only room that speaks SQL. Outside it, the store is spoken of in the words of the domain."""

from prober.store.lock import owner
from prober.store.outbox import Attempt, Pending
from prober.store.store import Batch, Store, peeked

__all__ = ["Attempt", "Batch", "Pending", "Store", "owner", "peeked"]
