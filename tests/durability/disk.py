"""What a disk has after the power is cut: a model of the page cache, of one folder.

What was written is on the disk for sure only once its file was synced, and a name only once the folder was; until then
any part of it may be there, in any order, down to the sector. A folder that was made is there for sure once the one
above it was synced. This is what POSIX promises; most file systems promise more.
"""

import random
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

SECTOR = 512
FOLDER = ""  # its name among those of its files


class Mode(StrEnum):
    """What becomes of what was not synced. Of names, which file systems keep in order, HALF and TORN keep the first."""

    KEPT = "kept"
    DROPPED = "dropped"
    HALF = "half"
    TORN = "torn"


class Opened(NamedTuple):
    """A file was opened, and made if there was none."""

    name: str
    is_emptied: bool


class Wrote(NamedTuple):
    """at: None = at the end of the file."""

    name: str
    at: int | None
    content: bytes


class Cut(NamedTuple):
    """The file has this size now."""

    name: str
    size: int


class Renamed(NamedTuple):
    name: str
    to: str


class Removed(NamedTuple):
    name: str


class Synced(NamedTuple):
    """All that was done to the file before event number `before` is on the disk."""

    name: str
    before: int


class FolderMade(NamedTuple):
    """The folder itself was made."""


class AboveSynced(NamedTuple):
    """The folder above was synced."""


class Told(NamedTuple):
    """Bytes that left the program: after them, what they tell of is acknowledged."""

    content: bytes


Event = Opened | Wrote | Cut | Renamed | Removed | Synced | FolderMade | AboveSynced | Told


class _File:
    """content: what is on the disk for sure. waiting: what is not, with the number of its event."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.waiting: list[tuple[int, Wrote | Cut]] = []
        self.size = 0  # as the program sees it


class Disk:
    """Takes events in order; shows what may be there after a cut of the power now."""

    def __init__(self) -> None:
        self.synced = 0  # grows with each sync
        self._is_there = True  # for sure
        self._sure: dict[str, _File] = {}
        self._seen: dict[str, _File] = {}
        self._names: list[tuple[int, Opened | Renamed | Removed, _File]] = []

    def take(self, number: int, event: Event) -> None:
        """The event of that number; numbers grow."""
        match event:
            case Opened(name, is_emptied):
                if name not in self._seen:
                    self._name(number, event, _File())
                elif is_emptied:
                    self._change(number, Cut(name, 0))
            case Wrote() | Cut():
                self._change(number, event)
            case Renamed(name) | Removed(name):
                if name in self._seen:
                    self._name(number, event, self._seen[name])
            case Synced(name, before):
                self.synced += 1
                self._sync(name, before)
            case FolderMade():
                self._is_there = False
            case AboveSynced():
                self.synced += 1
                self._is_there = True
            case Told():
                pass

    def _name(self, number: int, event: Opened | Renamed | Removed, file: _File) -> None:
        _rename(self._seen, event, file)
        self._names.append((number, event, file))

    def _change(self, number: int, event: Wrote | Cut) -> None:
        file = self._seen.get(event.name)
        if file is None:
            return  # removed while it was open
        if isinstance(event, Wrote):
            at = file.size if event.at is None else event.at
            event = Wrote(event.name, at, event.content)
            file.size = max(file.size, at + len(event.content))
        else:
            file.size = event.size
        file.waiting.append((number, event))

    def _sync(self, name: str, before: int) -> None:
        if name == FOLDER:
            for number, event, file in self._names:
                if number < before:
                    _rename(self._sure, event, file)
            self._names = [one for one in self._names if one[0] >= before]
        elif name in self._seen:
            file = self._seen[name]
            _apply(file.content, [event for number, event in file.waiting if number < before])
            file.waiting = [one for one in file.waiting if one[0] >= before]

    def left(self, mode: Mode, draw: random.Random) -> dict[str, bytes] | None:
        """name -> content of what may be there; None = not even the folder."""
        if not self._is_there and (mode is Mode.DROPPED or (mode is not Mode.KEPT and draw.random() < 1 / 2)):
            return None
        keep = {Mode.KEPT: len(self._names), Mode.DROPPED: 0}.get(mode, draw.randint(0, len(self._names)))
        names = dict(self._sure)
        for _, event, file in self._names[:keep]:
            _rename(names, event, file)
        return {name: self._content(file, mode, draw) for name, file in names.items()}

    def _content(self, file: _File, mode: Mode, draw: random.Random) -> bytes:
        content = bytearray(file.content)
        waiting: Iterable[Wrote | Cut] = [event for _, event in file.waiting]
        if mode is Mode.DROPPED:
            waiting = []
        elif mode is not Mode.KEPT:
            waiting = [event for event in waiting if draw.random() < 1 / 2]
        if mode is Mode.TORN:
            waiting = [part for event in waiting for part in _torn(event, draw)]
        _apply(content, waiting)
        return bytes(content)


def _rename(names: dict[str, _File], event: Opened | Renamed | Removed, file: _File) -> None:
    if not isinstance(event, Opened):
        names.pop(event.name, None)
    if not isinstance(event, Removed):
        names[event.to if isinstance(event, Renamed) else event.name] = file


def _apply(content: bytearray, events: Iterable[Wrote | Cut]) -> None:
    for event in events:
        if isinstance(event, Cut):
            del content[event.size :]
            content.extend(bytes(event.size - len(content)))
        else:
            assert event.at is not None
            content.extend(bytes(max(0, event.at - len(content))))
            content[event.at : event.at + len(event.content)] = event.content


def _torn(event: Wrote | Cut, draw: random.Random) -> Iterable[Wrote | Cut]:
    """Half of its sectors, which lie where the disk has them and not where the write began."""
    if isinstance(event, Cut):
        yield event
        return
    assert event.at is not None
    at, end = event.at, event.at + len(event.content)
    while at < end:
        until = min(end, (at // SECTOR + 1) * SECTOR)
        if draw.random() < 1 / 2:
            yield Wrote(event.name, at, event.content[at - event.at : until - event.at])
        at = until
