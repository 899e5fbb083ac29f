"""Records what a program writes and syncs in one folder, and what it tells others, by strace.

strace writes a call down when it ends, or in two lines if something else happened meanwhile: `<unfinished ...>` and
`resumed`. A write counts from its end, a message from its beginning, and a sync for what came before it began.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.durability.disk import (
    FOLDER,
    AboveSynced,
    Cut,
    Event,
    FolderMade,
    Opened,
    Removed,
    Renamed,
    Synced,
    Told,
    Wrote,
)
from tests.services import needs_service

CALLS = (
    *("open", "openat", "creat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir"),
    *("write", "writev", "pwrite64", "pwritev", "pwritev2", "sendto", "sendmsg", "sendmmsg", "link", "linkat"),
    *("ftruncate", "truncate", "fallocate", "fsync", "fdatasync", "sync_file_range", "copy_file_range", "sendfile"),
)
_BEGUN = " <unfinished ...>"
_FD = re.compile(r"(\d+|AT_FDCWD)<([^>]*)>")
_RESULT = re.compile(r"\) += (-?\d+)")
_NUMBERS = re.compile(r", (\d+)")
_MAPPED = "-shm"  # written through memory, and made anew from the log by whoever opens the database first


def recording(trace: Path) -> tuple[str, ...]:
    """What goes before a command for it to be recorded; the process that is started is the command itself."""
    # -D: the one that records is its grandchild, so that the one that is killed is the one that is meant.
    shown = ("-f", "-D", "--seccomp-bpf", "-y", "-xx", "-s", "1000000", "-e", "signal=none", "-o", str(trace))
    return (str(needs_service("strace")), *shown, "-e", f"trace={','.join(CALLS)}")


def tracer(pid: int) -> int:
    """The process that records this one."""
    found = re.search(r"^TracerPid:\s+(\d+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    number = int(found[1]) if found else 0
    assert number, f"expected process {pid} to be recorded"
    return number


def has_ended(pid: int) -> bool:
    """Whether that process is gone, and all it wrote is in its file."""
    return not Path(f"/proc/{pid}").exists()


class _Call(NamedTuple):
    name: str
    arguments: str
    number: int  # of the next event when it began


def events(trace: Path, folder: Path, first: int = 0) -> Iterator[Event]:
    """What was recorded of the folder, in order. first: the number of the first event."""
    number, begun = first, dict[str, _Call]()
    with trace.open("r", encoding="ascii") as file:
        for line in file:
            pid, _, what = line.rstrip("\n").partition(" ")
            what = what.lstrip()
            if what.startswith("<... "):
                call = begun.pop(pid)
                made = _event(call._replace(arguments=call.arguments + what.partition("resumed>")[2]), folder)
                made = None if isinstance(made, Told) else made  # it was when it began
            elif what.endswith(_BEGUN):
                call = begun[pid] = _called(what.removesuffix(_BEGUN), number)
                made = _told(call)
            else:
                made = _event(_called(what, number), folder)
            if made is not None:
                yield made
                number += 1


def _called(text: str, number: int) -> _Call:
    name, _, arguments = text.partition("(")
    return _Call(name, arguments, number)


def _told(call: _Call) -> Told | None:
    is_message = call.name in ("write", "writev", "sendto", "sendmsg", "sendmmsg")
    return Told(b"".join(_texts(call.arguments))) if is_message and _is_elsewhere(_path(call.arguments)) else None


def _event(call: _Call, folder: Path) -> Event | None:
    name, arguments = call.name, call.arguments
    result = _RESULT.search(arguments.rpartition('"')[2])
    if result is None or result[1].startswith("-"):
        return None
    if name.startswith(("open", "creat", "mkdir", "rename", "unlink", "link", "rmdir", "truncate")):
        return _named(name, arguments, folder)
    path = _path(arguments)
    if name in ("fsync", "fdatasync") and path == folder.parent:
        return AboveSynced()
    inside = _inside(path, folder)
    if inside is None:
        return _told(call)
    return _done(call, inside, int(result[1]))


def _done(call: _Call, file: str, result: int) -> Event:
    """What a call has done to an open file of the folder."""
    texts = _texts(call.arguments)
    numbers = _NUMBERS.findall(call.arguments.rpartition('"')[2])
    match call.name:
        case "fsync" | "fdatasync":
            return Synced(file, call.number)
        case "ftruncate":
            return Cut(file, int(numbers[0]))
        case "write":
            return Wrote(file, None, texts[0][:result])
        case "pwrite64":
            return Wrote(file, int(numbers[-1]), texts[0][:result])
        case _:
            raise AssertionError(f"expected a call that the model knows, found {call.name} on {file}")


def _named(name: str, arguments: str, folder: Path) -> Event | None:
    """What a call has done to names; paths are absolute."""
    paths = [Path(text.decode()) for text in _texts(arguments)]
    if name.startswith("mkdir") and paths[0] == folder:
        return FolderMade()
    inside = [_inside(path, folder) for path in paths]
    if not inside or inside[0] in (None, FOLDER):
        assert not any(inside), f"expected names within the folder, found {name} of {paths}"
        return None
    if name.startswith("open"):
        return Opened(inside[0], "O_TRUNC" in arguments) if "O_CREAT" in arguments else None
    if name.startswith("rename"):
        assert inside[1], f"expected it to stay in the folder, found {paths}"
        return Renamed(inside[0], inside[1])
    assert name.startswith("unlink"), f"expected a call that the model knows, found {name} of {paths}"
    return Removed(inside[0])


def _inside(path: Path | None, folder: Path) -> str | None:
    """The name in the folder, FOLDER for itself; None = elsewhere, or of no account."""
    if path == folder:
        return FOLDER
    return path.name if path is not None and path.parent == folder and not path.name.endswith(_MAPPED) else None


def _path(arguments: str) -> Path | None:
    """What the first argument, a descriptor, is of."""
    found = _FD.match(arguments)
    return None if found is None else Path(bytes.fromhex(found[2].replace("\\x", "")).decode())


def _is_elsewhere(path: Path | None) -> bool:
    """Whether what is written there leaves the program: to a socket, or where marks go."""
    return path is not None and (str(path).startswith("socket:") or path == Path("/dev/null"))


def _texts(arguments: str) -> list[bytes]:
    return [bytes.fromhex(text.replace("\\x", "")) for text in arguments.split('"')[1::2]]
