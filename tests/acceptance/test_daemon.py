"""The daemon as an operator meets it: starting, refusing to start, stopping, and what systemd is told."""

import json
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.acceptance.scene import PATIENCE_S, Daemon, alive, daemon, eventually, served


def prober(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "prober", *args]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


def test_everything_is_served_on_its_listener(tmp_path: Path) -> None:
    with served() as target, daemon(tmp_path, target.server_address[1], 9) as one:
        eventually(lambda: b"Operational" in one.get("/"), "the page")
        assert one.get("/-/healthy").strip() == b"Healthy"
        assert json.loads(one.get("/api/v2/status.json"))["status"]["indicator"] == "none"
        (accounts,) = json.loads(one.get("/accounts", one.up, Auth="admin-secret-0123456789"))
        assert accounts["type"] == "accounts"
        assert b"admin-secret" not in one.get("/metrics") + one.get("/") + one.log().encode()


def test_a_second_daemon_on_the_same_state_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with served() as target, daemon(tmp_path, target.server_address[1], 9):
        text = (tmp_path / "config.toml").read_text()
        other = Daemon(tmp_path / "..", target.server_address[1], 9)
        (tmp_path / "other.toml").write_text(other.config.read_text())
        assert text != other.config.read_text()
        found = prober("run", "--config", str(tmp_path / "other.toml"), cwd=tmp_path)
        assert found.returncode == 1
        assert "expected to be alone, found another prober" in found.stderr
        assert "Traceback" not in found.stderr


def test_a_taken_port_is_refused_in_one_sentence_and_nothing_is_made(tmp_path: Path) -> None:
    one = Daemon(tmp_path, 9, 9)
    with socket.create_server(("127.0.0.1", one.public)):
        found = prober("run", "--config", str(one.config), cwd=tmp_path)
    assert found.returncode == 1
    assert f"127.0.0.1:{one.public}: expected a free address" in found.stderr
    assert not (tmp_path / "state").exists()


def test_a_broken_configuration_is_refused_with_every_mistake_and_nothing_is_made(tmp_path: Path) -> None:
    one = Daemon(tmp_path, 9, 9)
    one.config.write_text(
        one.config.read_text().replace('interval = "1s"', 'interval = "0s"').replace("failures", "failure")
    )
    found = prober("run", "--config", str(one.config), cwd=tmp_path)
    assert found.returncode == 2
    assert 'checks.shop.interval: expected a duration such as "30s", found "0s"' in found.stderr
    assert 'did you mean "failures"' in found.stderr
    assert not (tmp_path / "state").exists()


def test_systemd_is_told_when_it_is_ready_alive_and_stopping(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, served() as target:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        one = Daemon(tmp_path, target.server_address[1], 9)
        with alive(one, NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="4000000"):
            told = [manager.recv(999).decode() for _ in range(3)]
            assert one.stop() == 0
        manager.setblocking(False)
        while "STOPPING" not in told[-1]:
            told.append(manager.recv(999).decode())
    assert sum("READY=1" in words for words in told) == 1
    assert sum("WATCHDOG=1" in words for words in told) >= 2


def test_the_command_of_the_unit_tells_systemd_each_step_in_order(tmp_path: Path) -> None:
    unit = (Path(__file__).parents[2] / "systemd" / "prober.service").read_text()
    (command,) = re.findall(r"^ExecStart=\S+/prober (.+)$", unit, re.MULTILINE)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, served() as target:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE_S)

        def told(word: str) -> str:
            """Waits for it; nothing but the watchdog may come before."""
            while (words := manager.recv(999).decode()) == "WATCHDOG=1" != word:
                pass
            assert words.startswith(word), words
            return words

        one = Unit(tmp_path, target.server_address[1], 9)
        one.arguments = command.replace("/etc/prober/config.toml", str(one.config)).split()
        with alive(one, NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="4000000"):
            assert one.process
            assert "STATUS=watching 1 checks of 1 components" in told("READY=1")
            told("WATCHDOG=1")
            one.process.send_signal(signal.SIGHUP)  # ExecReload
            assert "MONOTONIC_USEC=" in told("RELOADING=1")
            told("READY=1")
            told("WATCHDOG=1")
            assert one.stop() == 0
            told("STOPPING=1")


class Unit(Daemon):
    """Started by other arguments."""

    arguments: list[str]

    def command(self) -> list[str]:
        return [sys.executable, "-m", "prober", *self.arguments]


def test_readers_of_a_live_page_do_not_hold_up_a_stop(tmp_path: Path) -> None:
    with served() as target, daemon(tmp_path, target.server_address[1], 9) as one:
        readers = [socket.create_connection(("127.0.0.1", one.public)) for _ in range(3)]
        for reader in readers:
            reader.sendall(b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n")
            reader.settimeout(20)
            assert b"text/event-stream" in reader.recv(4096)
        assert one.stop() == 0
        for reader in readers:
            while reader.recv(4096):
                pass
            reader.close()
        assert "Traceback" not in one.log()
        assert "graceful shutdown exceeded" not in one.log()


def test_a_stop_under_way_loses_no_observation_and_leaves_no_descriptor(tmp_path: Path) -> None:
    with served() as target, daemon(tmp_path, target.server_address[1], 9) as one:
        assert one.process
        descriptors = Path(f"/proc/{one.process.pid}/fd")
        eventually(lambda: b"Operational" in one.get("/"), "a first answer")
        before = len(list(descriptors.iterdir()))
        for _ in range(50):
            one.get("/api/v2/summary.json")
        eventually(lambda: len(list(descriptors.iterdir())) <= before + 2, "descriptors to be given back")
        assert one.stop() == 0
        assert "Traceback" not in one.log()


def test_the_time_in_which_it_was_off_was_not_watched(tmp_path: Path) -> None:
    hour_ms, key = 3_600_000, "Bearer admin-secret-0123456789"
    with served() as target:
        one = Daemon(tmp_path, target.server_address[1], 9, "2s", "2s")  # no answer is late on a busy machine
        one.start()
        eventually(lambda: b"Operational" in one.get("/"), "the page")
        seen = "/api/prober/v1/checks/shop/observations"  # what is seen once may have lasted for less than 1 ms
        eventually(lambda: len(json.loads(one.get(seen, Authorization=key))["observations"]) > 1, "two answers")
        assert one.stop() == 0
        with (
            closing(sqlite3.connect(tmp_path / "state" / "prober.db")) as state,
            state,
        ):  # as if all was an hour earlier
            for table, column in (
                ("installation", "watched_ms"),
                ("transition", "at_ms"),
                ("transition", "since_ms"),
                ("component_state", "since_ms"),
            ):
                state.execute(f"UPDATE {table} SET {column} = {column} - {hour_ms}")
        one.start()
        said = json.loads(one.get("/api/prober/v1/components/shop/uptime", Authorization=key))
        assert one.stop() == 0
    words = [interval["status"] for interval in said["intervals"]]
    assert words == ["unknown", "operational", "unknown", "operational"]
    assert 3500 < said["intervals"][2]["lasted_s"] < 3700
    assert said["uptime"] == 1


def test_a_job_reports_and_is_remembered_after_a_restart(tmp_path: Path) -> None:
    token = "0d0b3c9c-6f6e-4f0c-8f5b-8a52a1f2a6f1"
    with served() as target:
        one = Daemon(tmp_path, target.server_address[1], 9)
        keys = f'kind = "heartbeat"\ntoken = "{token}"\nperiod = "1h"\ninterval = "200ms"'
        job = f"[components.job]\n[checks.job]\n{keys}\n"
        one.config.write_text(one.config.read_text() + job)

        def says(metric: str) -> bool:
            return metric in one.get("/metrics").decode()

        one.start()
        assert one.get(f"/ping/{token}/fail") == b"OK"
        eventually(lambda: says('probe_success{check="job",component="job",site="main"} 0\n'), "the failure")
        assert one.get(f"/ping/{token}") == b"OK"
        eventually(lambda: says('probe_success{check="job",component="job",site="main"} 1\n'), "the good report")
        assert one.stop() == 0
        one.start()
        eventually(lambda: says('probe_success{check="job",component="job",site="main"} 1\n'), "what was remembered")
        assert one.stop() == 0
        assert token not in one.log()
