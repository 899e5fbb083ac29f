"""What strace saw of a real program is what the program did."""

import subprocess
import sys
from pathlib import Path

from tests.acceptance.scene import eventually
from tests.durability.disk import (
    FOLDER,
    AboveSynced,
    Cut,
    FolderMade,
    Opened,
    Removed,
    Renamed,
    Synced,
    Told,
    Wrote,
)
from tests.durability.tracing import events, has_ended, recording, tracer

PROGRAM = """
import os, socket, sys, threading
folder = sys.argv[1]
os.mkdir(folder)
above = os.open(os.path.dirname(folder), os.O_RDONLY)
os.fsync(above)
file = os.open(folder + "/a", os.O_RDWR | os.O_CREAT, 0o600)
os.pwrite(file, b'0"\\n9', 7)
os.write(file, b"first")
os.fdatasync(file)
os.fsync(os.open(folder, os.O_RDONLY))
os.ftruncate(file, 3)
os.rename(folder + "/a", folder + "/b")
os.close(os.open(folder + "/b", os.O_WRONLY | os.O_CREAT | os.O_TRUNC))
os.pwrite(os.open(folder + "/b-shm", os.O_RDWR | os.O_CREAT), b"mapped", 0)
os.unlink(folder + "/b")
one, other = socket.socketpair()
one.sendall(b"told")
os.write(os.open("/dev/null", os.O_WRONLY), b"mark")
threading.Thread(target=other.recv, args=(9,)).start()
input()
"""
DONE = [
    FolderMade(),
    AboveSynced(),
    Opened("a", False),
    Wrote("a", 7, b'0"\n9'),
    Wrote("a", None, b"first"),
    Synced("a", 5),
    Synced(FOLDER, 6),
    Cut("a", 3),
    Renamed("a", "b"),
    Opened("b", True),
    Removed("b"),
    Told(b"told"),
    Told(b"mark"),
]


def test_what_a_program_does_is_recorded(tmp_path: Path) -> None:
    folder, trace = tmp_path / "state", tmp_path / "trace"
    command = [*recording(trace), sys.executable, "-c", PROGRAM, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        eventually(lambda: trace.exists() and "x6d\\x61\\x72\\x6b" in trace.read_text(), "its last call")
        recorder = tracer(process.pid)
        process.kill()
    eventually(lambda: has_ended(recorder), "the end of the record")
    assert list(events(trace, folder)) == DONE


def test_calls_that_lasted_count_from_the_moment_that_is_safe(tmp_path: Path) -> None:
    folder, trace = Path("/s"), tmp_path / "trace"
    text = r"""
1 openat(AT_FDCWD<\x2f>, "\x2f\x73\x2f\x61", O_RDWR|O_CREAT, 0600) = 3<\x2f\x73\x2f\x61>
1 pwrite64(3<\x2f\x73\x2f\x61>, "\x31", 1, 0) = 1
1 fdatasync(3<\x2f\x73\x2f\x61> <unfinished ...>
2 pwrite64(3<\x2f\x73\x2f\x61>, "\x32\x33", 2, 1 <unfinished ...>
3 sendto(4<\x73\x6f\x63\x6b\x65\x74\x3a\x5b\x31\x5d>, "\x34", 1, 0, NULL, 0 <unfinished ...>
2 <... pwrite64 resumed>)           = 1
3 <... sendto resumed>)             = 1
1 <... fdatasync resumed>)          = 0
2 pwrite64(3<\x2f\x73\x2f\x61>, "\x32\x33", 2, 1) = -1 ENOSPC (No space left on device)
1 fdatasync(3<\x2f\x73\x2f\x61> <unfinished ...>
"""
    trace.write_text(text.strip())
    assert list(events(trace, folder)) == [
        Opened("a", False),
        Wrote("a", 0, b"1"),
        Told(b"4"),
        Wrote("a", 1, b"2"),
        Synced("a", 2),
    ]
