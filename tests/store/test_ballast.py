"""Space for the day the disk is full."""

import os
from pathlib import Path

import pytest

from prober.store.ballast import MIB, Ballast


def test_space_is_taken_and_given_up(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path, MIB)
    assert not ballast.is_held
    assert ballast.hold()
    assert ballast.hold()
    assert (tmp_path / "ballast").stat().st_blocks * 512 >= MIB
    assert ballast.release()
    assert not ballast.release()
    assert list(tmp_path.iterdir()) == []


def test_no_space_is_taken_where_there_is_little(tmp_path: Path) -> None:
    found = os.statvfs(tmp_path)
    ballast = Ballast(tmp_path, found.f_bavail * found.f_frsize // 2)
    assert not ballast.hold()
    assert list(tmp_path.iterdir()) == []


def test_none_is_held_if_there_shall_be_none(tmp_path: Path) -> None:
    Ballast(tmp_path, MIB).hold()
    assert not Ballast(tmp_path, 0).hold()
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_that_refuses_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    assert not Ballast(tmp_path, MIB).hold()
    assert list(tmp_path.iterdir()) == []
