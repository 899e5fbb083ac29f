"""What systemd is told."""

import socket
from contextlib import suppress
from pathlib import Path

import anyio
import pytest

from prober.daemon.progress import Progress
from prober.daemon.service_manager import ServiceManager

pytestmark = pytest.mark.anyio


def listening(path: Path) -> socket.socket:
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(path))
    manager.settimeout(10)
    return manager


def drain(manager: socket.socket) -> None:
    with suppress(BlockingIOError):
        while manager.recv(99):
            pass


def test_words_arrive_as_one_message(tmp_path: Path) -> None:
    with listening(tmp_path / "notify") as manager:
        ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "notify")}).tell("READY=1", "STATUS=watching")
        assert manager.recv(99) == b"READY=1\nSTATUS=watching"


def test_without_a_manager_nobody_is_told() -> None:
    ServiceManager({}).tell("READY=1")


def test_a_manager_that_is_gone_is_no_reason_to_stop(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "gone")}).tell("READY=1")
    assert "could not be told READY=1" in caplog.text


async def test_the_watchdog_is_petted_only_while_every_part_makes_progress(tmp_path: Path) -> None:
    env = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
    progress = Progress()
    with listening(tmp_path / "notify") as manager:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ServiceManager(env).keep_watchdog, progress)
            assert await anyio.to_thread.run_sync(manager.recv, 99) == b"WATCHDOG=1"
            progress.tick("writer")
            await anyio.sleep(0.3)
            manager.setblocking(False)
            drain(manager)
            await anyio.sleep(0.2)
            with pytest.raises(BlockingIOError):
                manager.recv(99)
            tasks.cancel_scope.cancel()


async def test_a_watchdog_of_another_process_is_not_ours() -> None:
    manager = ServiceManager({"WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"})
    assert manager.watchdog_s is None
    await manager.keep_watchdog(Progress())
