"""Who may be probed now: limits over all probes, over those of one host, of one kind, and of what is known to be slow.

A probe that finds no room waits, and those that wait for the same room wait in the order they came. What waits for one
host's room holds up nobody else. A check whose latest probe took long counts as slow: all slow ones together may fill
half of the room, so that targets that hang leave the other half to those that answer.
"""

from collections import Counter, deque
from collections.abc import Mapping
from typing import NamedTuple

from prober.core.model import Due

SLOW_US = 1_000_000  # a probe that takes so long counts as slow until one takes less

Lanes = tuple[str, ...]

_SLOW = "slow"


class Limits(NamedTuple):
    """Probes under way at once: of all, and of one host and one kind; None = as many as of all."""

    total: int
    per_host: int | None = None
    per_kind: int | None = None


class Place(NamedTuple):
    """What a check shares with others: its target's host, "" = none of its own, and its kind."""

    host: str = ""
    kind: str = ""


class Gate:
    """Counts who is under way, and lets in who waits when there is room. places: by check."""

    def __init__(self, limits: Limits, places: Mapping[str, Place]) -> None:
        self._limits = limits
        self._most: dict[str, int] = {_SLOW: max(1, limits.total // 2)}
        self._lanes: dict[str, Lanes] = {}
        self._inside: dict[str, Lanes] = {}
        self._counts: Counter[str] = Counter()
        self._slow: set[str] = set()
        self._waiting: dict[Lanes, deque[Due]] = {}
        self.waiting = 0
        """How many wait."""
        self.follow(places)

    @property
    def under_way(self) -> int:
        """How many are inside."""
        return len(self._inside)

    def held_since_ms(self) -> int | None:
        """The earliest slot that waits for nothing but the limit over all probes, in ms; None if that holds nobody."""
        if len(self._inside) < self._limits.total:
            return None
        held = (queue[0].scheduled_ms for lanes, queue in self._waiting.items() if self._is_open(lanes))
        return min(held, default=None)

    def follow(self, places: Mapping[str, Place]) -> None:
        """Know these checks from now on. What waits of the others is let go; what is inside stays."""
        per_host, per_kind = self._limits.per_host, self._limits.per_kind
        self._lanes = {id_: self._lanes_of(place) for id_, place in places.items()}
        for lanes in set(self._lanes.values()):
            for lane in lanes:
                self._most[lane] = (per_host if lane.startswith("host ") else per_kind) or self._limits.total
        waiting, self._waiting, self.waiting = self._waiting, {}, 0
        for queue in waiting.values():
            for due in queue:
                if due.check in self._lanes:
                    self._wait(due)

    def enter(self, due: Due) -> bool:
        """Whether it may begin now; if not, it waits, and `leave` gives it when its turn has come."""
        lanes = self._lanes_now(due.check)
        # Nobody overtakes one that waits for the same room.
        if lanes in self._waiting or not self._has_room(lanes):
            self._wait(due)
            return False
        self._admit(due, lanes)
        return True

    def leave(self, check: str, took_us: int | None) -> list[Due]:
        """It has ended; who may begin instead. took_us: None = it was given up."""
        for lane in self._inside.pop(check, ()):
            self._counts[lane] -= 1
        if took_us is not None:
            (self._slow.add if took_us >= SLOW_US else self._slow.discard)(check)
        return self._admitted() if self._waiting else []

    def _admitted(self) -> list[Due]:
        found: list[Due] = []
        for lanes in list(self._waiting):
            queue = self._waiting.pop(lanes)
            while queue and self._has_room(lanes):
                due = queue.popleft()
                self._admit(due, lanes)
                found.append(due)
            if queue:
                self._waiting[lanes] = queue
            if len(self._inside) >= self._limits.total:
                break
        self.waiting -= len(found)
        return found

    def _admit(self, due: Due, lanes: Lanes) -> None:
        self._inside[due.check] = lanes
        for lane in lanes:
            self._counts[lane] += 1

    def _wait(self, due: Due) -> None:
        self._waiting.setdefault(self._lanes_now(due.check), deque()).append(due)
        self.waiting += 1

    def _has_room(self, lanes: Lanes) -> bool:
        if len(self._inside) >= self._limits.total:
            return False
        return self._is_open(lanes)

    def _is_open(self, lanes: Lanes) -> bool:
        """Whether there is room in each of these lanes, whatever there is over all."""
        return all(self._counts[lane] < self._most[lane] for lane in lanes)

    def _lanes_now(self, check: str) -> Lanes:
        lanes = self._lanes.get(check, ())
        return (*lanes, _SLOW) if check in self._slow else lanes

    def _lanes_of(self, place: Place) -> Lanes:
        host = (f"host {place.host}",) if place.host and self._limits.per_host is not None else ()
        kind = (f"kind {place.kind}",) if place.kind and self._limits.per_kind is not None else ()
        return (*host, *kind)
