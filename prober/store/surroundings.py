"""What the database stands on: told at the start, since much trouble comes from there."""

import os
import re
import sqlite3
from pathlib import Path
from typing import NamedTuple

# SQLite's locks and its log need one machine's memory: on these a database is lost sooner or later.
NETWORK = frozenset(
    {
        *(
            "9p",
            "afs",
            "beegfs",
            "ceph",
            "cifs",
            "coda",
            "gfs2",
            "glusterfs",
            "lustre",
            "ncpfs",
            "nfs",
            "nfs4",
            "ocfs2",
        ),
        *("beegfs", "smb2", "smb3", "smbfs", "fuse.ceph", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
    }
)
MOUNTS = Path("/proc/self/mountinfo")


class Surroundings(NamedTuple):
    """sqlite: its version. file_system: its kind, "unknown" if that can't be told. free: bytes for such as we are."""

    sqlite: str
    file_system: str
    free: int

    @property
    def is_network(self) -> bool:
        """Whether the file system is one of a network."""
        return self.file_system in NETWORK


def surroundings(directory: Path, mounts: Path = MOUNTS) -> Surroundings:
    """Of a directory that exists. mounts: what the kernel says of them."""
    found = os.statvfs(directory)
    return Surroundings(sqlite3.sqlite_version, _kind(directory.resolve(), mounts), found.f_bavail * found.f_frsize)


def _kind(directory: Path, mounts: Path) -> str:
    """Of the mount that is nearest above the directory; of two on one place the later."""
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return "unknown"
    nearest, kind = Path(), "unknown"
    for line in lines:
        place, _, after = line.partition(" - ")
        point = Path(_unescaped(place.split(" ")[4]))
        if directory.is_relative_to(point) and len(point.parts) >= len(nearest.parts):
            nearest, kind = point, after.split(" ")[0]
    return kind


def _unescaped(text: str) -> str:
    r"""Blanks and the like are written as three octal digits, such as \040."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
