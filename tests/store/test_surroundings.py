"""What the database stands on."""

import sqlite3
from pathlib import Path

import pytest

from prober.store.surroundings import surroundings

MOUNTS = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:20 / {0}/net rw - nfs4 server:/export rw
24 22 0:21 / {0}/a\040b rw shared:2 master:1 - tmpfs tmpfs rw
25 22 0:22 / {0}/twice rw - ext4 /dev/sdb rw
26 22 0:23 / {0}/twice rw - fuse.sshfs host: rw
"""


@pytest.mark.parametrize(
    ("name", "kind", "is_network"),
    [
        (".", "ext4", False),
        ("net/x", "nfs4", True),
        ("network", "ext4", False),
        ("a b", "tmpfs", False),
        ("twice", "fuse.sshfs", True),
    ],
)
def test_the_nearest_mount_says_which_file_system_it_is(tmp_path: Path, name: str, kind: str, is_network: bool) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.replace("{0}", str(tmp_path)))
    (tmp_path / name).mkdir(parents=True, exist_ok=True)
    found = surroundings(tmp_path / name, mounts)
    assert (found.file_system, found.is_network) == (kind, is_network)


def test_here_all_of_it_is_known(tmp_path: Path) -> None:
    found = surroundings(tmp_path)
    assert found.sqlite == sqlite3.sqlite_version
    assert found.file_system != "unknown"
    assert found.free > 0
    assert surroundings(tmp_path, tmp_path / "none").file_system == "unknown"
