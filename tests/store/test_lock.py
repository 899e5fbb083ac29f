"""One daemon for one state directory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from prober.errors import StoreError
from prober.store.lock import owned, owner

HOLD = """
import sys
from pathlib import Path
from prober.store.lock import owned

with owned(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_owner_is_refused_and_told_who_is_the_first(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreError, match=rf"found another prober \(process {holder.pid}\)"), owned(tmp_path):
            pass
        assert owner(tmp_path) == holder.pid
        holder.kill()
    assert owner(tmp_path) is None
    with owned(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_lock_that_nobody_made_has_no_owner_and_one_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    assert owner(tmp_path) is None
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="expected a readable file, found: Not a directory"):
        owner(tmp_path / "file")


def test_a_directory_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    expected = "expected a directory to keep the state in, found: Not a directory"
    with pytest.raises(StoreError, match=expected), owned(tmp_path / "file" / "state"):
        pass


def test_the_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    with owned(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
