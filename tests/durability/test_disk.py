"""The model of a disk forgets what it may, and keeps what it must."""

import random
from collections.abc import Sequence

import pytest

from tests.durability.disk import (
    FOLDER,
    AboveSynced,
    Cut,
    Disk,
    Event,
    FolderMade,
    Mode,
    Opened,
    Removed,
    Renamed,
    Synced,
    Wrote,
)

DRAWS = [random.Random(seed) for seed in range(200)]
NAMED = (Opened("a", False), Synced(FOLDER, 1))


def after(*events: Event) -> Disk:
    disk = Disk()
    for number, event in enumerate(events):
        disk.take(number, event)
    return disk


def possible(disk: Disk, mode: Mode) -> set[bytes | None]:
    """What may be in the file "a"; None = no such file, or no folder."""
    return {(disk.left(mode, draw) or {}).get("a") for draw in DRAWS}


TABLE: dict[str, tuple[Sequence[Event], dict[Mode, set[bytes | None]]]] = {
    "what was written and not synced may be there or not": (
        (*NAMED, Wrote("a", 0, b"new")),
        {Mode.KEPT: {b"new"}, Mode.DROPPED: {b""}, Mode.HALF: {b"", b"new"}},
    ),
    "what was synced is there": (
        (*NAMED, Wrote("a", 0, b"new"), Synced("a", 3)),
        {mode: {b"new"} for mode in Mode},
    ),
    "what came after a sync had begun is not synced by it": (
        (*NAMED, Wrote("a", 0, b"old"), Wrote("a", 0, b"new"), Synced("a", 3)),
        {Mode.KEPT: {b"new"}, Mode.DROPPED: {b"old"}, Mode.HALF: {b"old", b"new"}},
    ),
    "a later write may be there without the one before": (
        (*NAMED, Wrote("a", 0, b"one"), Wrote("a", None, b"two")),
        {Mode.HALF: {b"", b"one", b"onetwo", b"\0\0\0two"}},
    ),
    "a cut may be there or not": (
        (*NAMED, Wrote("a", 0, b"old"), Synced("a", 3), Cut("a", 1)),
        {Mode.KEPT: {b"o"}, Mode.DROPPED: {b"old"}, Mode.TORN: {b"o", b"old"}},
    ),
    "opening may empty": (
        (*NAMED, Wrote("a", 0, b"old"), Synced("a", 3), Opened("a", True), Wrote("a", None, b"new")),
        {Mode.KEPT: {b"new"}, Mode.DROPPED: {b"old"}, Mode.HALF: {b"old", b"", b"new"}},
    ),
    "sectors of one write are there by themselves": (
        (*NAMED, Wrote("a", 510, b"ABCD")),
        {Mode.TORN: {b"", bytes(510) + b"AB", bytes(512) + b"CD", bytes(510) + b"ABCD"}},
    ),
    "a name is there once the folder was synced": (
        (Opened("a", False), Wrote("a", 0, b"new"), Synced("a", 2)),
        {Mode.KEPT: {b"new"}, Mode.DROPPED: {None}, Mode.HALF: {None, b"new"}},
    ),
    "a file under another name may be there under the old one": (
        (Opened("b", False), Wrote("b", 0, b"new"), Synced("b", 2), Synced(FOLDER, 3), Renamed("b", "a")),
        {Mode.KEPT: {b"new"}, Mode.DROPPED: {None}, Mode.HALF: {None, b"new"}},
    ),
    "a file that was removed may be there": (
        (*NAMED, Wrote("a", 0, b"old"), Synced("a", 3), Removed("a"), Wrote("a", 0, b"into nothing")),
        {Mode.KEPT: {None}, Mode.DROPPED: {b"old"}, Mode.HALF: {None, b"old"}},
    ),
    "a folder that was made may not be there": (
        (FolderMade(), *NAMED, Wrote("a", 0, b"new"), Synced(FOLDER, 3), Synced("a", 4)),
        {Mode.KEPT: {b"new"}, Mode.DROPPED: {None}, Mode.TORN: {None, b"new"}},
    ),
    "but once the one above it was synced": (
        (FolderMade(), AboveSynced(), *NAMED, Wrote("a", 0, b"new"), Synced(FOLDER, 4), Synced("a", 5)),
        {mode: {b"new"} for mode in Mode},
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_of_what_is_not_synced(name: str) -> None:
    events, expected = TABLE[name]
    disk = after(*events)
    assert {mode: possible(disk, mode) for mode in expected} == expected
